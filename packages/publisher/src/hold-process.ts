/** In Node, says whether a timer is a reason for the process to go on. Elsewhere timers hold nothing. */
export function holdProcess(timer: ReturnType<typeof setTimeout> | undefined, isHeld: boolean): void {
  const { ref, unref } = Object(timer) as { ref?: () => void; unref?: () => void };
  (isHeld ? ref : unref)?.call(timer);
}
