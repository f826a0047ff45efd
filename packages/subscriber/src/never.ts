/** When nothing is due: the deadline of what is waited for however long. */
export const never: number = Number.POSITIVE_INFINITY;
