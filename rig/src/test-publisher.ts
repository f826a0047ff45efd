import { SeiPublisher, type SeiPublisherOptions } from "@inband/publisher";
import { onTestFinished } from "vitest";

/** A publisher that is closed when the test ends. */
export function testPublisher(options: SeiPublisherOptions = {}): SeiPublisher {
  const publisher = new SeiPublisher(options);
  onTestFinished(() => publisher.close());
  return publisher;
}
