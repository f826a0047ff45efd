import { NoH264Error } from "@inband/stream";

/** What is needed of a peer connection: a browser's, werift's, or any other with the interface of the web. */
export interface ChannelConnection {
  readonly remoteDescription: { readonly sdp?: string } | null | undefined;
  createDataChannel(label: string): unknown;
  close(): unknown;
}

/** The data channels of a kind of connection. */
export type ChannelOf<Connection extends ChannelConnection> = ReturnType<Connection["createDataChannel"]>;

/** How a connection with video and a channel comes about. */
export interface VideoWithChannelOptions<Connection> {
  /** Makes a connection: one for both, and where the peer declines the video another one for the channel. */
  connection(): Connection;
  /** Adds the video to the first of them, with whatever else goes with it. */
  addVideo(connection: Connection): void;
  /** Makes the offer, has the peer answer it, and sets the answer. Each connection is a new one to the peer, too. */
  negotiate(connection: Connection): Promise<unknown>;
  /**
   * Label of the channel.
   *
   * @defaultValue "messages"
   */
  readonly label?: string;
}

/** A connection with a channel, and with the video where the peer takes it. */
export interface VideoWithChannel<Connection extends ChannelConnection> {
  readonly connection: Connection;
  readonly channel: ChannelOf<Connection>;
  /** Why the video is not sent; undefined where it is. */
  readonly noVideo: NoH264Error | undefined;
}

/**
 * Offers video and a data channel, and to a peer that declines the video the channel alone, in a connection of its own.
 * Firefox needs that: where a section of video stands in front of the channel and is declined, it never gathers candidates
 * (a bundle of which the first section is rejected), and messages for the channel expire. Attach a `dataChannelCarrier` or
 * a `dataChannelFeed` to the channel that is returned.
 *
 * @throws what `negotiate` rejects with; the connection is closed then.
 *
 * @example
 * ```ts
 * const { channel, noVideo } = await videoWithChannel({
 *   connection: () => new RTCPeerConnection(),
 *   addVideo: (connection) => void connection.addTrack(track),
 *   negotiate: (connection) => signalling.offer(connection),
 * });
 * publisher.attach(dataChannelCarrier(channel));
 * ```
 */
export async function videoWithChannel<Connection extends ChannelConnection>(
  options: VideoWithChannelOptions<Connection>,
): Promise<VideoWithChannel<Connection>> {
  const both = await connect(options, (connection) => options.addVideo(connection));
  if (!hasDeclinedVideo(both.connection.remoteDescription?.sdp ?? "")) return { ...both, noVideo: undefined };
  both.connection.close();
  const alone = await connect(options, () => {});
  return { ...alone, noVideo: new NoH264Error("not-received", []) };
}

async function connect<Connection extends ChannelConnection>(
  { connection: make, negotiate, label = "messages" }: VideoWithChannelOptions<Connection>,
  addVideo: (connection: Connection) => void,
): Promise<Omit<VideoWithChannel<Connection>, "noVideo">> {
  const connection = make();
  try {
    addVideo(connection);
    const channel = connection.createDataChannel(label) as ChannelOf<Connection>;
    await negotiate(connection);
    return { connection, channel };
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Whether an answer has sections of video, all of them with port 0 (RFC 3264 6). */
function hasDeclinedVideo(answer: string): boolean {
  const ports = [...answer.matchAll(/^m=video (\d+)/gm)].map(([, port]) => Number(port));
  return ports.length > 0 && ports.every((port) => port === 0);
}
