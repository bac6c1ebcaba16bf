// Preloaded into a process: writes the path of everything it looks at, opens or makes, and of the programs it starts, to
// the file named by OPENINGS, one per line.
const fs = require('node:fs');
const childProcess = require('node:child_process');
const { syncBuiltinESMExports } = require('node:module');

const file = process.env.OPENINGS;
const append = fs.appendFileSync.bind(fs);
let noting = false;
const note = (words) => {
  if (noting) return;
  noting = true;
  append(file, `${words}\n`);
  noting = false;
};

const names = [
  'access',
  'open',
  'readFile',
  'writeFile',
  'appendFile',
  'stat',
  'lstat',
  'readdir',
  'mkdir',
  'readlink',
];
for (const [holder, suffixes] of [
  [fs, ['', 'Sync']],
  [fs.promises, ['']],
]) {
  for (const name of names.flatMap((one) => suffixes.map((suffix) => one + suffix))) {
    const original = holder[name];
    if (original === undefined) continue;
    holder[name] = function (...args) {
      note(args[0]);
      return original.apply(this, args);
    };
  }
}
const { spawn } = childProcess.ChildProcess.prototype;
childProcess.ChildProcess.prototype.spawn = function (options) {
  note(options.args.join(' '));
  return spawn.call(this, options);
};
syncBuiltinESMExports();
