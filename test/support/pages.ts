/** The project's own pages, taken apart: blocks, links, headings, options. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = fileURLToPath(new URL('../../', import.meta.url));

export interface Page {
  /** Relative to the project. */
  readonly file: string;
  readonly text: string;
}

export function pageOf(file: string): Page {
  return { file, text: readFileSync(path.join(project, file), 'utf8') };
}

/** README, CONTRIBUTING, CHANGELOG and docs. */
export function allPages(): Page[] {
  const docs = readdirSync(path.join(project, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs.map((name) => `docs/${name}`)].map(pageOf);
}

/** The fenced blocks of one language. */
export function blocks({ text }: Page, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, found, block = '']) =>
    found === language ? [block] : [],
  );
}

/** The block after this comment, its lines. */
export function marked({ text }: Page, comment: string): string[] {
  const [, block = ''] = text.split(`<!-- ${comment} -->\n`);
  return (/^```\w*\n([\s\S]*?)^```$/m.exec(block)?.[1] ?? '').split('\n').filter((line) => line !== '');
}

/** Shell lines: each a whole command. */
export function commands(page: Page): string[] {
  return blocks(page, 'sh').flatMap((block) => block.split('\n').filter((line) => line !== ''));
}

/** What stands between backticks outside of blocks. */
export function inlineCode({ text }: Page): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** Links that stay in the project: file, and the heading's anchor. */
export function links({ file, text }: Page): { file: string; anchor: string }[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [to = '', anchor = ''] = target.split('#');
      return { file: to === '' ? file : path.posix.join(path.posix.dirname(file), to), anchor };
    });
}

/** The anchors of its headings, as forges make them. */
export function anchors({ text }: Page): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
