import type { CommandTable } from '../command/table.js';

/** Shells that `completion` has a script for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export const completionTable = {
  about: `Prints a script that completes commands, options, the hosts of ~/.ssh/config, and the options of ssh_config and sshd_config with their values. The files are read for the names in them; nothing in them is run.

For every new shell:
  bash  echo 'source <(holdfast completion bash)' >> ~/.bashrc
  zsh   echo 'source <(holdfast completion zsh)' >> ~/.zshrc   (after compinit)
  fish  holdfast completion fish > ~/.config/fish/completions/holdfast.fish`,
  usage: `<${shells.join('|')}>`,
  words: [{ name: 'shell', choices: shells }],
  options: {},
  examples: ['holdfast completion bash'],
} as const satisfies CommandTable;
