/** What waits for a moment. */
export interface Timed {
  /** Epoch ms. */
  readonly at: number;
}

/** What waits, earliest first; of equal moments the one that was pushed first. */
export interface MinHeap<T extends Timed> {
  readonly size: number;
  push(item: T): void;
  /** The earliest, left in place. */
  peek(): T | undefined;
  pop(): T | undefined;
}

interface Node<T> {
  readonly item: T;
  readonly order: number;
}

/** An empty heap. */
export function createMinHeap<T extends Timed>(): MinHeap<T> {
  const nodes: Node<T>[] = [];
  let pushed = 0;
  const before = (x: Node<T>, y: Node<T>): boolean =>
    x.item.at < y.item.at || (x.item.at === y.item.at && x.order < y.order);
  return {
    get size() {
      return nodes.length;
    },
    push(item) {
      const node = { item, order: pushed++ };
      let at = nodes.length;
      nodes.push(node);
      while (at > 0) {
        const up = (at - 1) >> 1;
        const parent = nodes[up] as Node<T>;
        if (!before(node, parent)) break;
        nodes[at] = parent;
        at = up;
      }
      nodes[at] = node;
    },
    peek: () => nodes[0]?.item,
    pop() {
      const first = nodes[0];
      const last = nodes.pop();
      if (first === undefined || last === undefined) return undefined;
      if (nodes.length === 0) return first.item;
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= nodes.length) break;
        if (child + 1 < nodes.length && before(nodes[child + 1] as Node<T>, nodes[child] as Node<T>)) child++;
        if (!before(nodes[child] as Node<T>, last)) break;
        nodes[at] = nodes[child] as Node<T>;
        at = child;
      }
      nodes[at] = last;
      return first.item;
    },
  };
}
