#!/usr/bin/env node
// First of all: until somebody listens for SIGUSR1, Node opens its debugger at it. Static imports would run before this.
process.on('SIGUSR1', () => {});
const { prepareStart } = await import('../dist/cli/start.js');
prepareStart();
const { main } = await import('../dist/cli/main.js');
process.exitCode = await main(process.argv.slice(2));
