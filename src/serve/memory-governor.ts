/** How the governor sees and steers the process. */
export interface MemoryControls {
  /** Resident memory now, bytes. */
  readonly residentBytes: () => number;
  /** Frugal: garbage is collected before the heap is much larger than what lives, which costs CPU time. */
  readonly setFrugal: (frugal: boolean) => void;
}

/** Below this share of the target the process may be generous again. */
const CALM = 0.85;

/**
 * Keeps resident memory near a target. V8 lets garbage pile up to several times what lives while the machine has memory
 * to spare, which is fast; above the target it is told to be frugal, until well below. Returns the step to repeat.
 */
export function memoryGovernor(targetBytes: number, controls: MemoryControls): () => void {
  let frugal = false;
  return () => {
    const resident = controls.residentBytes();
    const wanted = frugal ? resident > targetBytes * CALM : resident > targetBytes;
    if (wanted === frugal) return;
    frugal = wanted;
    controls.setFrugal(frugal);
  };
}
