import { createRequire } from 'node:module';
import type { CompletionItem } from 'vscode-json-languageservice';

// It is CommonJS whose names an import does not see.
const { getLanguageService, TextDocument } = createRequire(import.meta.url)(
  'vscode-json-languageservice',
) as typeof import('vscode-json-languageservice');

/** What an editor offers at a place. */
export interface Offer {
  readonly label: string;
  /** What it says beside it. */
  readonly text: string;
}

/** An editor that completes JSON as Visual Studio Code does, by one schema. */
export interface Editor {
  /** Offers where `|` stands in the text. */
  offers(text: string): Promise<readonly Offer[]>;
  /** What is shown over the word where `|` stands. */
  hover(text: string): Promise<string>;
  /** What is underlined. */
  problems(text: string): Promise<readonly string[]>;
}

const URI = 'memory://it.json';

/** Opens an editor with a schema. */
export function openEditor(schema: unknown): Editor {
  // A file may name its schema: it is this one. As text, since the engine puts references in their place.
  const text = JSON.stringify(schema);
  const service = getLanguageService({ schemaRequestService: async () => text });
  service.configure({
    schemas: [{ uri: 'memory://schema.json', fileMatch: ['*'], schema: schema as object }],
  });
  const open = (marked: string) => {
    const at = marked.indexOf('|');
    const text = at < 0 ? marked : marked.slice(0, at) + marked.slice(at + 1);
    const document = TextDocument.create(URI, 'json', 1, text);
    return {
      document,
      json: service.parseJSONDocument(document),
      position: document.positionAt(Math.max(0, at)),
    };
  };
  return {
    async offers(marked) {
      const { document, json, position } = open(marked);
      const found = await service.doComplete(document, position, json);
      return (found?.items ?? []).map((item) => ({ label: labelOf(item), text: textOf(item.documentation) }));
    },
    async hover(marked) {
      const { document, json, position } = open(marked);
      const found = await service.doHover(document, position, json);
      return found === null ? '' : [found.contents].flat().map(textOf).join('\n');
    },
    async problems(text) {
      const { document, json } = open(text);
      return (await service.doValidation(document, json)).map(({ message }) => textOf(message));
    },
  };
}

function labelOf({ label }: CompletionItem): string {
  return label.replaceAll('"', '');
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return typeof content === 'object' && content !== null && 'value' in content ? String(content.value) : '';
}
