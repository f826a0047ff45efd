import { Pacer } from "@inband/werift";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe("Pacer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("lets a few packets leave at once, inside push", () => {
    const sent: number[] = [];
    new Pacer<number>((packet) => sent.push(packet)).push(numbers(10));
    expect(sent).toEqual(numbers(10));
  });

  it("spreads many over milliseconds, all of them and in their order", () => {
    const sent: number[] = [];
    const pacer = new Pacer<number>((packet) => sent.push(packet), { packetsPerMs: 20 });
    pacer.push(numbers(250));
    expect(sent.length).toBe(20);
    for (let ms = 0; ms < 30; ms++) {
      const before = sent.length;
      vi.advanceTimersByTime(1);
      expect(sent.length - before).toBeLessThanOrEqual(20);
    }
    expect(sent).toEqual(numbers(250));
    expect(pacer.waiting).toBe(0);
  });

  it("waits for no timer where sending itself takes that long, and still yields after 32", () => {
    const sent: number[] = [];
    const pacer = new Pacer<number>((packet) => {
      sent.push(packet);
      if (sent.length % 10 === 0) vi.advanceTimersByTime(1);
    });
    pacer.push(numbers(60));
    expect(sent.length).toBe(32);
    vi.advanceTimersByTime(0);
    expect(sent).toEqual(numbers(60));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("keeps the order when more comes while some waits", () => {
    const sent: number[] = [];
    const pacer = new Pacer<number>((packet) => sent.push(packet));
    pacer.push(numbers(100));
    vi.advanceTimersByTime(1);
    pacer.push(numbers(50).map((number) => number + 100));
    vi.runAllTimers();
    expect(sent).toEqual(numbers(150));
  });

  it("lets what is added one by one leave at once while the millisecond lasts, and the rest in order behind it", () => {
    const sent: number[] = [];
    const pacer = new Pacer<number>((packet) => sent.push(packet), { packetsPerMs: 20, maxWaiting: 300 });
    for (const number of numbers(300)) expect(pacer.add(number)).toBe(true);
    expect(sent).toEqual(numbers(20));
    for (let number = 300; number < 600; number++) {
      vi.advanceTimersByTime(1);
      expect(pacer.add(number)).toBe(true);
    }
    vi.runAllTimers();
    expect(sent).toEqual(numbers(600));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("adds no more than its bound, and sends what waits at once on flush", () => {
    const sent: number[] = [];
    const pacer = new Pacer<number>((packet) => sent.push(packet), { packetsPerMs: 20, maxWaiting: 100 });
    expect(numbers(130).filter((number) => !pacer.add(number))).toEqual(numbers(130).slice(120));
    pacer.flush();
    expect(sent).toEqual(numbers(120));
    vi.runAllTimers();
    expect([sent.length, pacer.waiting]).toEqual([120, 0]);
  });

  it("accepts any access unit when nothing waits, and no more than its bound behind another", () => {
    const pacer = new Pacer<number>(() => {}, { packetsPerMs: 20, maxWaiting: 100 });
    expect(pacer.accepts(5000)).toBe(true);
    pacer.push(numbers(110));
    expect(pacer.accepts(1)).toBe(true);
    expect(pacer.accepts(11)).toBe(false);
  });

  it("forgets what waits on clear and works on after it", () => {
    const sent: number[] = [];
    const pacer = new Pacer<number>((packet) => sent.push(packet));
    pacer.push(numbers(200));
    const before = sent.length;
    pacer.clear();
    vi.runAllTimers();
    expect(sent.length).toBe(before);
    vi.advanceTimersByTime(5);
    pacer.push([7]);
    expect(sent.at(-1)).toBe(7);
  });

  it("refuses a rate that is no positive integer", () => {
    expect(() => new Pacer(() => {}, { packetsPerMs: 0 })).toThrow(/packetsPerMs/);
    expect(() => new Pacer(() => {}, { maxWaiting: 1.5 })).toThrow(/maxWaiting/);
  });
});
