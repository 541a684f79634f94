/** A seeded stream of random numbers: the same seed and label give the same numbers on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [from, to], both included. */
  between(from: number, to: number): number;
  /** True with probability `p`. */
  chance(p: number): boolean;
  /** One of a list that is not empty, each as likely. */
  pick<T>(list: readonly T[]): T;
  /** One of a list that is not empty, by weight. */
  weighted<T extends { readonly weight: number }>(list: readonly T[]): T;
  /** Normal with mean 0 and deviation 1. */
  normal(): number;
  /** `length` lower-case hexadecimal digits. */
  hex(length: number): string;
}

function mix(hash: number, value: number): number {
  let h = hash ^ value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Makes a stream from a seed and what it is for; different labels give unrelated streams (generator: sfc32). */
export function createRandom(seed: number, ...label: readonly (string | number)[]): Random {
  let a = mix(0x9e3779b9, seed >>> 0);
  let b = mix(a, Math.floor(seed / 4294967296) >>> 0);
  for (const part of label) {
    const text = String(part);
    for (let i = 0; i < text.length; i++) a = mix(a, text.charCodeAt(i) + 0x100);
    b = mix(b, a);
  }
  let c = mix(b, 0x243f6a88);
  let d = 1;
  const word = (): number => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) word();
  const next = (): number => word() / 4294967296;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  return {
    next,
    between: (from, to) => from + Math.floor(next() * (to - from + 1)),
    chance: (p) => next() < p,
    pick,
    weighted(list) {
      let total = 0;
      for (const entry of list) total += entry.weight;
      let left = next() * total;
      for (const entry of list) {
        left -= entry.weight;
        if (left < 0) return entry;
      }
      return list[list.length - 1] as (typeof list)[number];
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    hex(length) {
      let text = '';
      while (text.length < length) text += word().toString(16).padStart(8, '0');
      return text.slice(0, length);
    },
  };
}
