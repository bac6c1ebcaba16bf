// Preloaded: SIGUSR1 comes before the first statement of the program, and Node has done with it by then.
process.kill(process.pid, 'SIGUSR1');
const { url } = require('node:inspector');
const end = Date.now() + 10_000;
// Node opens its debugger between two steps of this loop.
while (url() === undefined && Date.now() < end);
