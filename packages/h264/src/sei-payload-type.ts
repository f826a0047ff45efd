/** SEI payload types by the names of ITU-T H.264 D.1.1, those that carry data or say where decoders may begin. */
export const SeiPayloadType = {
  /** buffering_period: the first message of the first SEI NAL unit where it is present. */
  BufferingPeriod: 0,
  /** pic_timing. */
  PicTiming: 1,
  /** user_data_registered_itu_t_t35: captions, HDR metadata. */
  UserDataRegistered: 4,
  /** user_data_unregistered: bytes under a UUID. */
  UserDataUnregistered: 5,
  /** recovery_point: decoders may begin here. */
  RecoveryPoint: 6,
} as const;

/** One of the values of {@link SeiPayloadType}. */
export type SeiPayloadType = (typeof SeiPayloadType)[keyof typeof SeiPayloadType];
