/** Where ssh connects to, from HostName and CanonicalizeHostname (`resolve_canonicalize` and main in ssh.c). */
import { lowerCase } from '../../text/pattern.js';
import type { Bytes } from '../bytes.js';
import type { Rules } from '../keywords/releases.js';
import { canonicalAddress, type Family, familyOf, looksNumeric } from '../values/canonicaladdress.js';
import { type JumpValue, validDomain } from '../values/jump.js';
import { matchList } from '../values/lists.js';
import { expanded } from '../values/tokens.js';
import { type Answers, type Need, nameKey, type ResolveInput } from './resolveinput.js';
import type { Settings } from './settings.js';

export type CanonicalTarget =
  | { readonly type: 'host'; readonly host: Bytes }
  | { readonly type: 'needs'; readonly need: Need }
  | {
      readonly type: 'refused';
      readonly keyword: string;
      readonly reason: string;
      readonly suggestion: string;
    };

/** After the first reading. Only the names that CanonicalizeHostname wants to see are needed. */
export function destined(
  input: ResolveInput,
  settings: Settings,
  answers: Answers,
  rules: Rules,
): CanonicalTarget {
  const written = settings.word('hostname');
  let host = input.host;
  if (written !== null) {
    const name = expanded(written, { h: host }, null);
    if (!name.ok) {
      return {
        type: 'refused',
        keyword: 'hostname',
        reason: name.reason,
        suggestion: 'only %h and %% in HostName',
      };
    }
    host = name.text;
  }
  const family = familyOf(settings.word('addressfamily'));
  const address = canonicalAddress(host, family);
  const numeric = looksNumeric(host) || address !== null;
  if (!numeric) host = lowerCase(host);
  // What differs in case alone stays as it is written.
  if (address !== null) return { type: 'host', host: lowerCase(host) === address ? host : address };

  const search = new NameSearch(settings, answers, family, rules);
  const mode = settings.word('canonicalizehostname') ?? 'false';
  if (!numeric && mode !== 'false') {
    const found = search.canonical(host);
    if (found.type !== 'host' || found.host !== null)
      return found.type === 'host' ? { type: 'host', host: found.host ?? host } : found;
  }
  return search.aliased(host);
}

/** A host that is called so is taken for the word, too. */
function isNoJump(jump: JumpValue | 'none'): boolean {
  return jump === 'none' || lowerCase(jump.host) === 'none';
}

type Searched =
  | Exclude<CanonicalTarget, { type: 'host' }>
  | { readonly type: 'host'; readonly host: Bytes | null };

class NameSearch {
  readonly #settings: Settings;
  readonly #answers: Answers;
  readonly #family: Family;
  readonly #rules: Rules;

  constructor(settings: Settings, answers: Answers, family: Family, rules: Rules) {
    this.#rules = rules;
    this.#settings = settings;
    this.#answers = answers;
    this.#family = family;
  }

  /** The name with one of CanonicalDomains behind it; null: none fits. */
  canonical(host: Bytes): Searched {
    if (!this.#direct() && this.#mode() !== 'always') return { type: 'host', host: null };
    const most = this.#settings.first('canonicalizemaxdots');
    const dots = host.split('.').length - 1;
    let candidates: Bytes[];
    if (host.endsWith('.')) candidates = [host];
    else if (dots > (most?.type === 'number' ? most.number : 1)) return { type: 'host', host: null };
    else candidates = this.#domains().map((domain) => `${host}.${domain}.`);
    for (const name of candidates) {
      const answer = this.#answers.names.get(nameKey(name, this.#family));
      if (answer === undefined) return { type: 'needs', need: { type: 'name', name, family: this.#family } };
      if (answer.type !== 'found') continue;
      const found = name.slice(0, -1);
      return { type: 'host', host: this.#followed(found, answer.cname) ?? found };
    }
    if (this.#settings.word('canonicalizefallbacklocal') !== 'no') return { type: 'host', host: null };
    return {
      type: 'refused',
      keyword: 'canonicalizefallbacklocal',
      reason: `${host} is in none of CanonicalDomains`,
      suggestion: 'CanonicalizeFallbackLocal yes, or a domain that has the name',
    };
  }

  /** CanonicalizePermittedCNAMEs is looked at even where nothing else is to be canonical. */
  aliased(host: Bytes): CanonicalTarget {
    const direct = this.#direct();
    if (this.#cnames().length === 0 || !(direct || this.#mode() === 'always')) return { type: 'host', host };
    const answer = this.#answers.names.get(nameKey(host, this.#family));
    if (answer === undefined)
      return { type: 'needs', need: { type: 'name', name: host, family: this.#family } };
    if (answer.type === 'found') return { type: 'host', host: this.#followed(host, answer.cname) ?? host };
    if (!direct || answer.type === 'not allowed') return { type: 'host', host };
    return {
      type: 'refused',
      keyword: 'canonicalizepermittedcnames',
      reason: `the name ${host} is not found`,
      suggestion: 'a name that can be looked up',
    };
  }

  #followed(host: Bytes, cname: Bytes | null): Bytes | null {
    if (cname === null || cname === '' || cname === host || this.#mode() === 'false') return null;
    if (!this.#direct() && this.#mode() !== 'always') return null;
    const name = this.#rules.newWords ? validDomain(cname, this.#rules) : cname;
    if (name === null) return null;
    const permitted = this.#cnames().some((rule) => {
      const colon = rule.indexOf(':');
      return (
        matchList(host, rule.slice(0, colon), true) === 'matched' &&
        matchList(name, rule.slice(colon + 1), true) === 'matched'
      );
    });
    return permitted ? name : null;
  }

  #mode(): Bytes {
    return this.#settings.word('canonicalizehostname') ?? 'false';
  }

  /** Neither a command nor a jump stands between: `none` as a jump counts as one here before 10.0, as in ssh. */
  #direct(): boolean {
    const command = this.#settings.word('proxycommand');
    if (command !== null && lowerCase(command) !== 'none') return false;
    const jump = this.#settings.first('proxyjump');
    return jump === null || (this.#rules.moreTokens && jump.type === 'jump' && isNoJump(jump.jump));
  }

  #domains(): readonly Bytes[] {
    const domains = this.#settings.first('canonicaldomains');
    const words = domains?.type === 'words' ? domains.words : [];
    const none = this.#rules.newWords ? words.indexOf('none') : -1;
    return none === -1 ? words : words.slice(0, none);
  }

  #cnames(): readonly Bytes[] {
    const rules = this.#settings.first('canonicalizepermittedcnames');
    const words = rules?.type === 'words' ? rules.words : [];
    return words.length === 1 && lowerCase(words[0] ?? '') === 'none:' ? [] : words;
  }
}
