import { setTimeout as sleep } from "node:timers/promises";
import { SeiPublisher } from "@inband/publisher";
import { accessUnit, framesPerSecond } from "@inband/rig/access-unit";
import { SeparateStage } from "@inband/rig/stage/separate-stage";
import { until } from "@inband/rig/until";
import { joinStage, type StageMembership } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { WeriftVideo } from "@inband/werift";

/** How a stage goes. */
export type StageEnd = "killed" | "closed";

/** What came of the messages from one participant to the other, over the end of the stage and its return. */
export interface Account {
  readonly published: number;
  readonly received: number;
  readonly twice: number;
  /** Lost ones whose receipt says that they were not sent. */
  readonly notSent: number;
  /** Lost ones whose receipt says that they were. */
  readonly sentInVain: number;
  /** What the receiver was told is missing. */
  readonly reported: number;
  /** From the return of the stage to the first message that was published after it, in milliseconds. */
  readonly againAfterMs: number;
}

/** What came of it. */
export interface RestartResult {
  readonly accounts: readonly Account[];
  /** How often those who stayed got what is retained at most; who joined afterwards has got it. */
  readonly retainedCopies: number;
  /** What the participants were told. */
  readonly errors: readonly string[];
}

const messageEveryMs = 100;
/** Time for what was lost to be noticed: a gap is told after 6 seconds, and the silence of a peer after 5. */
const noticedMs = 8000;

/** Ends a stage under two participants who exchange messages, and has it back after `downMs`. */
export async function restart(how: StageEnd, downMs: number): Promise<RestartResult> {
  let stage = await SeparateStage.start();
  try {
    const people = [await Person.join(stage, "alice"), await Person.join(stage, "bob")] as const;
    const [alice, bob] = people;
    for (const { publisher } of people) publisher.publish(-1, { topic: "state", retain: true });
    // What left before somebody joined is not lost.
    await until(() => people.every(({ retained }) => retained.length > 0));
    const flow = setInterval(() => people.forEach((person) => void person.say()), messageEveryMs);
    await until(() => alice.heard.length > 10 && bob.heard.length > 10);
    if (how === "closed") await stage.close();
    await stage.kill();
    await sleep(downMs);
    stage = await stage.again();
    const backAtMs = performance.now();
    const first = people.map(({ said }) => said);
    const againAfterMs = await Promise.all(
      [bob, alice].map(async ({ heard }, index) => {
        await until(() => heard.some((number) => number >= (first[index] as number)));
        return performance.now() - backAtMs;
      }),
    );
    await sleep(2000);
    clearInterval(flow);
    await sleep(noticedMs);
    const carol = await Person.join(stage, "carol");
    await until(() => carol.retained.length >= people.length);
    const accounts = await Promise.all([
      alice.accountWith(bob, againAfterMs[0] as number),
      bob.accountWith(alice, againAfterMs[1] as number),
    ]);
    const retainedCopies = Math.max(alice.retained.length, bob.retained.length);
    for (const person of [...people, carol]) await person.leave();
    return { accounts, retainedCopies, errors: people.flatMap(({ errors }) => errors) };
  } finally {
    await stage.kill();
  }
}

/** A participant with video, who says numbers and hears those of the others. */
class Person {
  readonly publisher = new SeiPublisher<number>();
  readonly heard: number[] = [];
  readonly retained: number[] = [];
  readonly errors: string[] = [];
  readonly #outcomes: Promise<string>[] = [];
  readonly #subscriber = new SeiSubscriber<number>();
  readonly #video = new WeriftVideo();
  readonly #timer: NodeJS.Timeout;
  #stage: StageMembership | undefined;
  #missing = 0;

  constructor() {
    let index = 0;
    this.#timer = setInterval(() => {
      this.#video.write(accessUnit(index, { isKeyFrame: index % 60 === 0 }));
      index += 1;
    }, 1000 / framesPerSecond);
    this.publisher.attach(this.#video);
    this.publisher.on("error", (error) => this.errors.push(error.message));
    this.#subscriber.on("error", (error) => this.errors.push(error.message));
    this.#subscriber.on("gap", ({ missing }) => {
      this.#missing += missing;
    });
    this.#subscriber.on("message", ({ topic, value }) => (topic === "state" ? this.retained : this.heard).push(value));
  }

  static async join(stage: SeparateStage, participantId: string): Promise<Person> {
    const person = new Person();
    const token = await stage.token(participantId);
    person.#stage = await joinStage({ token, publish: person.#video, subscribe: person.#subscriber });
    return person;
  }

  /** How many numbers it has said. */
  get said(): number {
    return this.#outcomes.length;
  }

  say(): void {
    const { sent } = this.publisher.publish(this.said, { topic: "numbers" });
    this.#outcomes.push(sent.then(({ outcome }) => outcome));
  }

  /** What came to another of what it said. */
  async accountWith(other: Person, againAfterMs: number): Promise<Account> {
    const outcomes = await Promise.all(this.#outcomes);
    const heard = new Set(other.heard);
    const lost = outcomes.filter((_, number) => !heard.has(number));
    const sentInVain = lost.filter((outcome) => outcome === "sent").length;
    return {
      published: outcomes.length,
      received: heard.size,
      twice: other.heard.length - heard.size,
      notSent: lost.length - sentInVain,
      sentInVain,
      reported: other.#missing,
      againAfterMs,
    };
  }

  async leave(): Promise<void> {
    clearInterval(this.#timer);
    await this.#stage?.leave();
    this.publisher.close();
    this.#subscriber.close();
    this.#video.close();
  }
}
