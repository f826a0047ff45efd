import { writeFile } from "node:fs/promises";
import { type AccessUnit, joinAnnexB, NalUnitType, nalUnitType } from "@inband/h264";
import { encodedPictures } from "@inband/rig/encoded-pictures";
import { decode, needsFfmpeg } from "@inband/rig/ffmpeg";
import { servedStage } from "@inband/rig/stage/served-stage";
import { temporaryFolder } from "@inband/rig/temporary-folder";
import { until } from "@inband/rig/until";
import { newVideo, peer, receiver } from "@inband/rig/werift/test-peer";
import { connectWhep, connectWhip } from "@inband/stage/client";
import { SeiSubscriber } from "@inband/subscriber";
import { weriftFeed } from "@inband/werift";
import { expect, it, onTestFinished } from "vitest";
import { carryingAccessUnits } from "./carried-texts.ts";

const framerate = 30;
const messages = 400;
/** Posts that wait for their frame at the same time. */
const together = 16;

const pictureOf = (nalUnits: readonly Uint8Array[]) =>
  nalUnits.filter((nal) => nalUnitType(nal) !== NalUnitType.Sei).map((nal) => Buffer.from(nal).toString("base64"));

it("posts messages into video of x264, each told once, and leaves every picture as it was", async (context) => {
  needsFfmpeg(context);
  const { stage, url } = await servedStage();
  const token = await stage.createToken({ url, participantId: "camera" });
  const video = newVideo();
  const sending = peer();
  const connected = video.connect(sending);
  await connectWhip(sending, { url: `${url}/publish/camera`, token });
  await connected;
  await until(() => stage.participants()[0]?.isPublishing === true);

  const { pc, transceiver } = receiver();
  const units = carryingAccessUnits(transceiver, /never/);
  const subscriber = new SeiSubscriber<number>();
  onTestFinished(() => subscriber.close());
  const values: number[] = [];
  subscriber.on("message", ({ value }) => values.push(value));
  subscriber.attach(weriftFeed(transceiver));
  await connectWhep(pc, { url: `${url}/subscribe/camera`, token });
  await until(() => pc.connectionState === "connected");

  const clip = await encodedPictures({ width: 640, height: 360, framerate, frames: 60, bitrate: 2_000_000 });
  const written: AccessUnit[] = [];
  const timer = setInterval(() => {
    const timestamp = Math.round((written.length * 1_000_000) / framerate);
    const accessUnit = { ...(clip[written.length % clip.length] as AccessUnit), timestamp };
    written.push(accessUnit);
    video.write(accessUnit);
  }, 1000 / framerate);
  onTestFinished(() => clearInterval(timer));

  let next = 0;
  const statuses: number[] = [];
  const post = async () => {
    while (next < messages) {
      const { status } = await fetch(`${url}/camera/messages`, {
        ...{ method: "POST", body: JSON.stringify(next++) },
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      });
      statuses.push(status);
    }
  };
  await Promise.all(Array.from({ length: together }, post));
  await until(() => values.length >= messages);
  clearInterval(timer);
  await until(() => units.length >= written.length - 1);

  expect(statuses).toEqual(Array(messages).fill(201));
  expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: messages }, (_, index) => index));
  expect(units.map(({ nalUnits }) => pictureOf(nalUnits))).toEqual(
    written.slice(0, units.length).map(({ nalUnits }) => pictureOf(nalUnits)),
  );
  expect(units.filter(({ seiBytes }) => seiBytes > 0).length).toBeGreaterThan(messages / together / 2);
  await using folder = await temporaryFolder();
  const file = folder.file("received.264");
  await writeFile(file, joinAnnexB(units.flatMap(({ nalUnits }) => nalUnits)));
  expect(await decode(file)).toEqual({ pictures: units.length, errors: "" });
});
