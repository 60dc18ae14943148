// Starts `trapline lsp` for the texts that are open, and `trapline dap` for whoever debugs. Nothing else is done here.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function activate(context) {
  const settings = vscode.workspace.getConfiguration("trapline");
  const command = settings.get("command");
  const adapter = { createDebugAdapterDescriptor: () => new vscode.DebugAdapterExecutable(command, ["dap"]) };
  context.subscriptions.push(vscode.debug.registerDebugAdapterDescriptorFactory("trapline", adapter));
  client = new LanguageClient(
    "trapline",
    "Trapline",
    { command, args: ["lsp"] },
    {
      documentSelector: [{ language: "trapline-asm" }, { language: "trapline-isa" }],
      initializationOptions: { machine: settings.get("machine"), define: settings.get("define") },
      synchronize: { configurationSection: "trapline" },
    },
  );
  return client.start();
}

function deactivate() {
  return client && client.stop();
}

module.exports = { activate, deactivate };
