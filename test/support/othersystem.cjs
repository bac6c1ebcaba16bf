// For NODE_OPTIONS=--require=<this file>: Node names the system HOLDFAST_TEST_SYSTEM, as darwin or win32.
const { syncBuiltinESMExports } = require('node:module');
const os = require('node:os');

const system = process.env.HOLDFAST_TEST_SYSTEM;
Object.defineProperty(process, 'platform', { value: system });
os.platform = () => system;
syncBuiltinESMExports();
