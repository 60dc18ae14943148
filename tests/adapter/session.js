// A session with npm's client of debug adapters, which nobody here wrote. `test_clients.py` runs it with mocha, beside
// an adapter that listens on PORT.
const assert = require("assert");
const path = require("path");
const { DebugClient } = require(path.join(process.env.MODULES, "@vscode/debugadapter-testsupport"));

const program = process.env.PROGRAM;
const thread = { threadId: 1 };

describe("trapline dap", () => {
  let client;

  beforeEach(() => {
    client = new DebugClient("", "", "trapline");
    return client.start(Number(process.env.PORT));
  });
  afterEach(() => client.stop());

  async function stops(request) {
    const [stopped] = await Promise.all([client.waitForEvent("stopped"), request]);
    return stopped.body;
  }

  async function value(expression) {
    const answer = await client.evaluateRequest({ expression });
    return Number(answer.body.result.split(" ")[0]);
  }

  it("hits a breakpoint, steps, steps back, and reads memory", async () => {
    await client.hitBreakpoint({ program }, { path: program, line: 4 });
    const hit = await value("step");
    await stops(client.nextRequest(thread));
    assert.equal(await value("step"), hit + 1);
    await stops(client.stepBackRequest({ ...thread, granularity: "instruction" }));
    assert.equal(await value("step"), hit);
    await stops(client.continueRequest(thread));
    assert.equal(await value("r1"), 1);
    const back = await stops(client.reverseContinueRequest(thread));
    assert.equal(back.reason, "breakpoint");
    assert.equal(await value("step"), hit);
    const memory = await client.customRequest("readMemory", { memoryReference: "[0x10]", offset: 4, count: 8 });
    const words = Buffer.from(memory.body.data, "base64");
    assert.equal(words.readUInt32LE(0), await value("[0x11]"));
    assert.equal(words.readUInt32LE(4), await value("[0x12]"));
  });

  it("shows what the guest prints, and how it ends", async () => {
    await Promise.all([
      client.configurationSequence(),
      client.launch({ program, noDebug: true }),
      client.assertOutput("stdout", "***"),
      client.waitForEvent("exited").then((event) => assert.equal(event.body.exitCode, 3)),
      client.waitForEvent("terminated"),
    ]);
  });
});
