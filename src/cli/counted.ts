/** A whole number with thousands apart: 1,234,567. */
export function grouped(value: number | bigint): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A number with its noun: `1 row`, `1,234 rows`, `0 entries`. */
export function counted(value: number | bigint, one: string, many = `${one}s`): string {
  return `${grouped(value)} ${Number(value) === 1 ? one : many}`;
}
