import { KeyFrameRequests } from "@inband/stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

describe("KeyFrameRequests", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("asks at once for the first request, and once more for all that follow within the interval", () => {
    const request = vi.fn();
    const requests = new KeyFrameRequests(request, 100);
    for (let count = 0; count < 21; count++) requests.request();
    expect(request).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(100);
    expect(request).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(1000);
    expect(request).toHaveBeenCalledTimes(2);
  });

  it("does not ask again when a key frame has left since the request", () => {
    const request = vi.fn();
    const requests = new KeyFrameRequests(request, 100);
    requests.request();
    requests.request();
    requests.fulfilled();
    vi.advanceTimersByTime(1000);
    expect(request).toHaveBeenCalledTimes(1);
  });

  it("asks again for a request that comes after that key frame", () => {
    const request = vi.fn();
    const requests = new KeyFrameRequests(request, 100);
    requests.request();
    requests.fulfilled();
    requests.request();
    vi.advanceTimersByTime(100);
    expect(request).toHaveBeenCalledTimes(2);
  });
});
