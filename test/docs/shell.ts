/** One command of a shell: its words, what is given to it, and the variables set for it alone. */
export interface ShellCommand {
  readonly words: readonly string[];
  /** What an `echo` before the pipe prints. */
  readonly stdin: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
}

type Token = { readonly word: string } | { readonly sign: '\n' | '|' | '>' | '&&' };

/** Words and signs of the little shell that guides use: quotes, comments, pipes, `>`, `&&`. */
function tokens(text: string): Token[] {
  const found: Token[] = [];
  const pattern = /(#[^\n]*)|(\n)|(&&|[|>])|((?:'[^']*'|"[^"]*"|[^\s'"|>#&]|(?<=\S)#|&(?!&))+)|[^\S\n]+/gy;
  for (const [, comment, line, sign, word] of text.matchAll(pattern)) {
    if (line !== undefined) found.push({ sign: '\n' });
    else if (sign !== undefined) found.push({ sign: sign as '|' });
    else if (word !== undefined) found.push({ word: word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2') });
    else if (comment !== undefined) continue;
  }
  return found;
}

/** The commands of some lines, in order. What a command's output goes into, a file or `head`, is left away. */
export function shellCommands(text: string): ShellCommand[] {
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  let stdin: string | undefined;
  let ignored = false;
  const end = (): void => {
    const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
    const set = words.slice(0, Math.max(0, first)).map((word) => word.split(/=(.*)/s).slice(0, 2));
    if (!ignored && first >= 0)
      commands.push({
        words: words.slice(first),
        stdin,
        environment: Object.fromEntries(set) as Record<string, string>,
      });
    words = [];
  };
  for (const token of tokens(text)) {
    if ('word' in token) words.push(token.word);
    else if (token.sign === '|' && words[0] === 'echo') {
      stdin = words.slice(1).join(' ');
      words = [];
    } else {
      end();
      ignored = token.sign === '|' || token.sign === '>';
      stdin = undefined;
    }
  }
  end();
  return commands;
}
