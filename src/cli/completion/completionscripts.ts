import type { Shell } from './options.js';

/**
 * The shells' scripts. They know no command and no option: at each key they run `holdfast completion words`, and hand its output
 * to the shell as it is. Nothing of it is ever expanded or evaluated.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  // For bash from 3.2 on, which is what macOS has: no mapfile, and no compopt.
  bash: `# Completion of holdfast for bash; source it, from ~/.bashrc.
_holdfast() {
  local line kind='' prefix='' file typed=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then
      kind=\${line%%$'\\t'*}
      prefix=\${line#*$'\\t'}
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <(command holdfast completion words bash "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
  if [[ $kind == files ]]; then
    [[ -n $typed && $COMP_WORDBREAKS == *"$typed"* ]] && typed=''
    compopt -o filenames 2>/dev/null
    while IFS= read -r file; do
      COMPREPLY+=("$prefix$file")
    done < <(compgen -f -- "\${typed#"$prefix"}")
  fi
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -F _holdfast holdfast
`,

  zsh: `#compdef holdfast
# Completion of holdfast for zsh; source it, from ~/.zshrc behind compinit, or put it into $fpath as _holdfast.
_holdfast() {
  local -a lines found open closed shown
  local kind prefix line word says
  lines=("\${(@f)$(command holdfast completion words zsh -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  kind=\${lines[1]%%$'\\t'*}
  prefix=\${lines[1]#*$'\\t'}
  found=("\${(@)lines[2,-1]}")
  for line in "\${(@)found}"; do
    word=\${line%%$'\\t'*}
    says=\${line#*$'\\t'}
    if [[ $word == *= ]]; then
      open+=("$word")
    elif [[ -n $word ]]; then
      closed+=("$word")
      shown+=("$word\${says:+  -- $says}")
    fi
  done
  local -a alike=(-M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}')
  local done=1
  if (( $#closed )); then
    if [[ "\${(F)shown}" == *'  -- '* ]]; then
      compadd "\${(@)alike}" -l -d shown -a closed && done=0
    else
      compadd "\${(@)alike}" -a closed && done=0
    fi
  fi
  (( $#open )) && compadd "\${(@)alike}" -S '' -a open && done=0
  if [[ $kind == files ]]; then
    [[ -n $prefix ]] && compset -P "\${(b)prefix}"
    _files && done=0
  fi
  return $done
}
if [[ \${funcstack[1]} == _holdfast ]]; then
  _holdfast "$@"
elif (( $+functions[compdef] )); then
  compdef _holdfast holdfast
fi
`,

  fish: `# Completion of holdfast for fish; put it into ~/.config/fish/completions/holdfast.fish.
function __holdfast_complete
    set -l before (commandline -opc)
    set -e before[1]
    set -l typed (commandline -ct)
    set -l lines (command holdfast completion words fish -- $before "$typed" 2>/dev/null)
    test (count $lines) -gt 0; or return
    set -l head (string split \\t -- $lines[1])
    set -e lines[1]
    test (count $lines) -gt 0; and printf '%s\\n' $lines
    if test "$head[1]" = files
        set -l from (math (string length -- "$head[2]") + 1)
        for file in (__fish_complete_path (string sub -s $from -- "$typed"))
            printf '%s%s\\n' "$head[2]" $file
        end
    end
end
complete -c holdfast -f -a '(__holdfast_complete)'
`,
};
