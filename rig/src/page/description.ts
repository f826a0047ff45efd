/** Makes an offer; resolves with its SDP when all candidates are known. */
export async function offer(connection: RTCPeerConnection): Promise<string> {
  await connection.setLocalDescription();
  return gatheredSdp(connection);
}

/** Answers an offer; resolves with the SDP of the answer when all candidates are known. */
export async function answer(connection: RTCPeerConnection, sdp: string): Promise<string> {
  await connection.setRemoteDescription({ type: "offer", sdp });
  await connection.setLocalDescription();
  return gatheredSdp(connection);
}

/** Connects two connections of one page; candidates follow the descriptions. */
export async function connect(
  offerer: RTCPeerConnection,
  answerer: RTCPeerConnection,
  changeAnswer: (answer: RTCSessionDescription) => RTCSessionDescriptionInit = (answer) => answer,
): Promise<void> {
  offerer.onicecandidate = ({ candidate }) => void answerer.addIceCandidate(candidate ?? undefined);
  answerer.onicecandidate = ({ candidate }) => void offerer.addIceCandidate(candidate ?? undefined);
  await offerer.setLocalDescription();
  await answerer.setRemoteDescription(offerer.localDescription as RTCSessionDescription);
  await answerer.setLocalDescription();
  await offerer.setRemoteDescription(changeAnswer(answerer.localDescription as RTCSessionDescription));
}

async function gatheredSdp(connection: RTCPeerConnection): Promise<string> {
  await new Promise<void>((resolve) => {
    const check = (): void => {
      if (connection.iceGatheringState === "complete") resolve();
    };
    connection.addEventListener("icegatheringstatechange", check);
    check();
  });
  return connection.localDescription?.sdp ?? "";
}
