// A link that holds a description: all of it stands behind the `#`, which browsers send to nobody.

const MARK = "#isa=";
const LONGEST = 1 << 17; // characters of a link that is read

async function through(stream, data) {
  const piped = new Blob([data]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(piped).arrayBuffer());
}

export async function linkTo(text) {
  const data = await through(new CompressionStream("deflate-raw"), text);
  const letters = btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(""));
  return `${location.origin}${location.pathname}${MARK}${letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** The description in the link with which the page was opened; null if there is none. Throws for a damaged one. */
export async function linked(most) {
  if (!location.hash.startsWith(MARK)) return null;
  const letters = location.hash.slice(MARK.length);
  if (letters.length > LONGEST) throw new Error("it is too long");
  const data = Uint8Array.from(atob(letters.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const reader = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  for (let size = 0; ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) throw new Error("it holds too much");
    parts.push(value);
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(await new Blob(parts).arrayBuffer());
}
