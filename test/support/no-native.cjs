// For NODE_OPTIONS=--require=<this file>: ssh2 finds no native binding, as where no compiler was at hand.
// With it unset ssh2 takes the binding if it was built: `npm rebuild ssh2` builds it.
const Module = require('node:module');
const load = Module._load;

Module._load = function (request, ...rest) {
  if (/(^|\/)sshcrypto\.node$/.test(request)) {
    const error = new Error(`Cannot find module '${request}' (test/support/no-native.cjs)`);
    error.code = 'MODULE_NOT_FOUND';
    throw error;
  }
  return load.call(this, request, ...rest);
};
