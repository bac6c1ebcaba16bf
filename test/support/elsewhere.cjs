// For NODE_OPTIONS=--require=<this file>: the passwd entry of whoever runs this has the home HOLDFAST_TEST_HOME.
const { syncBuiltinESMExports } = require('node:module');
const os = require('node:os');

const { userInfo } = os;
os.userInfo = (options) => ({ ...userInfo(options), homedir: process.env.HOLDFAST_TEST_HOME });
syncBuiltinESMExports();
