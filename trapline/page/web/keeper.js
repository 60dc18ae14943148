// Keeps every file of the site in the browser, so that it opens at once, and without a network. One version at a time:
// another one has another name, and is there as a whole or not at all.
const VERSION = "trapline-{{version}}";
const FILES = {{files}};

self.addEventListener("install", (event) => event.waitUntil((async () => {
  const store = await caches.open(VERSION);
  await store.addAll(FILES.map((name) => new Request(name, { cache: "no-cache" })));
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  const others = (await caches.keys()).filter((name) => name.startsWith("trapline-") && name !== VERSION);
  await Promise.all(others.map((name) => caches.delete(name)));
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin) return;
  const name = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
  event.respondWith((async () => {
    const store = await caches.open(VERSION);
    return await store.match(origin + name) ?? fetch(event.request);
  })());
});
