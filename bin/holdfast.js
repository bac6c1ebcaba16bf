#!/usr/bin/env node
// First of all: until somebody listens for SIGUSR1, Node opens its debugger at it. Static imports would run before this.
process.on('SIGUSR1', () => {});
const { keepDebuggerClosed } = await import('../dist/cli/terminal/debugger.js');
keepDebuggerClosed();
const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv.slice(2));
