import { equals } from '@bufbuild/protobuf';
import { ScreenRequestSchema } from '../../gen/tollgate/v1/decision_service_pb.js';
import { EventSchema } from '../../gen/tollgate/v1/event_service_pb.js';
import { decoderOf } from './codec.js';

const readScreen = decoderOf(ScreenRequestSchema);
const readEvent = decoderOf(EventSchema);

/** Whether the bytes of two requests say the same field by field: the bytes may differ in order. */
export function sameMessage(kind: 'screen' | 'event', a: Uint8Array, b: Uint8Array): boolean {
  if (Buffer.compare(a, b) === 0) return true;
  return kind === 'screen'
    ? equals(ScreenRequestSchema, readScreen(a), readScreen(b))
    : equals(EventSchema, readEvent(a), readEvent(b));
}
