import type { DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

const FORBIDDEN = '__proto__';
const NEEDLE = Buffer.from(FORBIDDEN);

/**
 * The path of a map field in which an entry is named `__proto__`; undefined when there is none. A decoded message cannot
 * tell: assigned to an object, that name makes no entry but is dropped, or sets a prototype. Looks closer only where the
 * bytes hold the name at all. Throws for bytes that are no such message.
 */
export function forbiddenKeyIn(desc: DescMessage, bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.includes(NEEDLE) ? search(desc, bytes) : undefined;
}

function search(desc: DescMessage, bytes: Uint8Array): string | undefined {
  const reader = new BinaryReader(bytes);
  const places = new Map<number, number>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    const field = desc.fields.find((one) => one.number === number);
    if (field === undefined || type !== WireType.LengthDelimited) {
      reader.skip(type, number);
      continue;
    }
    const part = reader.bytes();
    if (field.fieldKind === 'map') {
      if (field.mapKey === ScalarType.STRING && keyOf(part) === FORBIDDEN) return field.name;
    } else if (field.message !== undefined) {
      const place = places.get(number) ?? 0;
      places.set(number, place + 1);
      const inner = search(field.message, part);
      if (inner !== undefined)
        return `${field.name}${field.fieldKind === 'list' ? `[${String(place)}]` : ''}.${inner}`;
    }
  }
  return undefined;
}

/** Of several keys in one entry the last counts. */
function keyOf(entry: Uint8Array): string {
  const reader = new BinaryReader(entry);
  let key = '';
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === 1 && type === WireType.LengthDelimited) key = reader.string();
    else reader.skip(type, number);
  }
  return key;
}
