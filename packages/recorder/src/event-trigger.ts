import { checkEventTrigger, type EventTriggerOptions, type EventType } from "./event-trigger-options.ts";
import { type Detection, footOf, type Inference } from "./inference.ts";
import { LineCrossings } from "./line-crossings.ts";
import { isInside } from "./polygon.ts";

/** Something has happened. */
export interface TriggeredEvent {
  readonly type: EventType;
  /** As it was handed to `evaluate`: milliseconds. */
  readonly atMs: number;
  /** The detections that made it. */
  readonly detections: readonly Detection[];
  /** What a trigger of one's own returned, or the `score` of an anomaly. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

const defaultCooldownMs = 5000;
const defaultLeast = 0.5;
const noDetections: readonly Detection[] = [];

/**
 * Tells from what a detector says of each picture when something has happened.
 *
 * @example
 * ```ts
 * const trigger = new EventTrigger({ type: "detection", classes: ["person"], minConfidence: 0.7 });
 * const event = trigger.evaluate({ detections: [{ class: "person", confidence: 0.85 }] });
 * ```
 */
export class EventTrigger {
  readonly options: EventTriggerOptions;
  readonly #crossings: LineCrossings | undefined;
  #lastMs: number | undefined;

  /** @throws TypeError or RangeError that names the option. */
  constructor(options: EventTriggerOptions) {
    checkEventTrigger(options);
    this.options = options;
    this.#crossings = options.type === "crossLine" ? new LineCrossings(options) : undefined;
  }

  /**
   * Looks at what is known of one picture. Of inferences that say the same the first is an event, and others once the
   * cooldown is over.
   *
   * @param atMs - When that is, by the clock that all calls go by.
   * @returns The event, if there is one. What is not shaped as a detection is passed over.
   */
  evaluate(inference: Inference, atMs: number = Date.now()): TriggeredEvent | undefined {
    const found = this.#find(inference, atMs);
    if (found === undefined || this.#isCoolingDown(atMs)) return undefined;
    this.#lastMs = atMs;
    return { type: this.options.type, atMs, detections: noDetections, metadata: {}, ...found };
  }

  /** Forgets the last event and whatever was tracked. */
  reset(): void {
    this.#lastMs = undefined;
    this.#crossings?.clear();
  }

  #isCoolingDown(atMs: number): boolean {
    const { cooldownMs = defaultCooldownMs } = this.options;
    // A clock that was set back ends it.
    return this.#lastMs !== undefined && atMs >= this.#lastMs && atMs - this.#lastMs < cooldownMs;
  }

  #find(inference: Inference, atMs: number): Partial<TriggeredEvent> | undefined {
    const { options } = this;
    switch (options.type) {
      case "custom": {
        const said = options.evaluate(inference, atMs);
        if (typeof said === "object" && said !== null) return { metadata: said };
        return said === true ? {} : undefined;
      }
      case "anomaly": {
        const { anomaly: score } = inference;
        return typeof score === "number" && score >= (options.minScore ?? defaultLeast)
          ? { metadata: { score } }
          : undefined;
      }
      case "count": {
        const detections = this.#wanted(inference);
        return detections.length >= options.atLeast ? { detections } : undefined;
      }
      case "intrusion":
        return some(this.#wanted(inference).filter((one) => isInside(footOf(one), options.region)));
      case "crossLine":
        return some(this.#crossings?.of(this.#wanted(inference)) ?? noDetections);
      default:
        return some(this.#wanted(inference));
    }
  }

  #wanted({ detections }: Inference): readonly Detection[] {
    const { classes, minConfidence = defaultLeast } = this.options as Extract<
      EventTriggerOptions,
      { type: "detection" }
    >;
    if (!Array.isArray(detections)) return noDetections;
    return detections.filter(
      (one: unknown) =>
        isDetection(one) &&
        (classes === undefined || classes.includes(one.class)) &&
        (one.confidence ?? 1) >= minConfidence,
    );
  }
}

function isDetection(value: unknown): value is Detection {
  return (
    typeof value === "object" && value !== null && typeof (value as { readonly class?: unknown }).class === "string"
  );
}

function some(detections: readonly Detection[]): Partial<TriggeredEvent> | undefined {
  return detections.length === 0 ? undefined : { detections };
}
