/** The deadline of what is never due. */
export const never: number = Number.POSITIVE_INFINITY;
