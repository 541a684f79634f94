/** A text with columns in braces, as in `term-{terminal}`; `{#}` is the number of the row, from 1. `{{` is a brace. */
export interface Template {
  /** Columns in order of use, each once. */
  readonly columns: readonly string[];
  /** Whether the text differs from row to row. */
  readonly varies: boolean;
  /** The text of a row; `value` gives a column's. Empty when all its columns are empty. */
  render(value: (column: string) => string, row: number): string;
}

type Part = { readonly text: string } | { readonly column: string } | { readonly row: true };

function split(source: string): readonly Part[] | undefined {
  const parts: Part[] = [];
  let text = '';
  for (let i = 0; i < source.length; i++) {
    const char = source.charAt(i);
    if ((char === '{' || char === '}') && source[i + 1] === char) {
      text += char;
      i++;
    } else if (char === '{') {
      const end = source.indexOf('}', i);
      const column = source.slice(i + 1, end);
      if (end < 0 || column === '') return undefined;
      if (text !== '') parts.push({ text });
      text = '';
      parts.push(column === '#' ? { row: true } : { column });
      i = end;
    } else if (char === '}') return undefined;
    else text += char;
  }
  if (text !== '') parts.push({ text });
  return parts;
}

/** Parses a template; undefined when its braces do not match. */
export function parseTemplate(source: string): Template | undefined {
  const parts = split(source);
  if (parts === undefined) return undefined;
  const columns = [...new Set(parts.flatMap((part) => ('column' in part ? [part.column] : [])))];
  const numbered = parts.some((part) => 'row' in part);
  return {
    columns,
    varies: columns.length > 0 || numbered,
    render(value, row) {
      let result = '';
      let filled = columns.length === 0;
      for (const part of parts) {
        if ('text' in part) result += part.text;
        else if ('row' in part) result += String(row);
        else {
          const inserted = value(part.column);
          if (inserted !== '') filled = true;
          result += inserted;
        }
      }
      return filled ? result : '';
    },
  };
}
