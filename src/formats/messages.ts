/** Messages of event files as users make them: `tf.Summary({ value: [tf.Summary.Value({ tag, simpleValue })] })`. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Event as EventMessage,
  EventSchema,
  type HistogramProto as HistogramMessage,
  HistogramProtoSchema,
  type RunMetadata as RunMetadataMessage,
  RunMetadataSchema,
  SessionLog_SessionStatus,
  type SessionLog as SessionLogMessage,
  SessionLogSchema,
  type Summary_Audio,
  Summary_AudioSchema,
  type Summary_Image,
  Summary_ImageSchema,
  type Summary_Value,
  Summary_ValueSchema,
  type Summary as SummaryMessage,
  type SummaryMetadata as SummaryMetadataMessage,
  SummaryMetadataSchema,
  SummarySchema,
} from "./proto/gen/event.ts";
import type { TensorProto } from "./proto/gen/graph.ts";

export type Event = EventMessage;
export type HistogramProto = HistogramMessage;
export type RunMetadata = RunMetadataMessage;
export type SessionLog = SessionLogMessage;
export type Summary = SummaryMessage;
export type SummaryMetadata = SummaryMetadataMessage;

/** A summarized value: its tag and one of the kinds of content. */
export interface SummaryValueInit {
  readonly tag?: string;
  readonly nodeName?: string;
  readonly metadata?: SummaryMetadata;
  readonly simpleValue?: number;
  readonly histo?: HistogramProto;
  readonly image?: Summary_Image;
  readonly audio?: Summary_Audio;
  readonly tensor?: TensorProto;
}

function valueOf(init: SummaryValueInit): Summary_Value {
  const { tag = "", nodeName = "", metadata, ...contents } = init;
  const message = create(Summary_ValueSchema, { tag, nodeName });
  if (metadata) message.metadata = metadata;
  for (const [kind, value] of Object.entries(contents)) {
    if (value !== undefined) message.value = { case: kind, value } as Summary_Value["value"];
  }
  return message;
}

type SummaryInit = MessageInitShape<typeof SummarySchema>;

/** What `FileWriter.addSummary` takes, made by hand. TensorFlow: `tf.Summary`. */
export const Summary = Object.assign(
  (init: SummaryInit = {}): Summary => create(SummarySchema, init),
  {
    Value: valueOf,
    Image: (init: MessageInitShape<typeof Summary_ImageSchema>): Summary_Image =>
      create(Summary_ImageSchema, init),
    Audio: (init: MessageInitShape<typeof Summary_AudioSchema>): Summary_Audio =>
      create(Summary_AudioSchema, init),
  },
);

/** Says which plugin of TensorBoard shows values. TensorFlow: `tf.SummaryMetadata`. */
export const SummaryMetadata = (
  init: MessageInitShape<typeof SummaryMetadataSchema> = {},
): SummaryMetadata => create(SummaryMetadataSchema, init);

/** TensorFlow: `tf.HistogramProto`. */
export const HistogramProto = (
  init: MessageInitShape<typeof HistogramProtoSchema> = {},
): HistogramProto => create(HistogramProtoSchema, init);

/**
 * Tells when a session began, ended or saved. TensorBoard drops what was logged before a START at its step or later.
 * TensorFlow: `tf.SessionLog`.
 */
export const SessionLog = Object.assign(
  (init: MessageInitShape<typeof SessionLogSchema> = {}): SessionLog =>
    create(SessionLogSchema, init),
  SessionLog_SessionStatus,
);

/** Statistics of one run. TensorFlow: `tf.RunMetadata`. */
export const RunMetadata = (init: MessageInitShape<typeof RunMetadataSchema> = {}): RunMetadata =>
  create(RunMetadataSchema, init);

/** One entry of an event file. TensorFlow: `tf.Event`. */
export const Event = (init: MessageInitShape<typeof EventSchema> = {}): Event =>
  create(EventSchema, init);
