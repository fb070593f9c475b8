/**
 * A file of an FTP server, as a stream.
 *
 * @module
 */
import type { ByteString } from "../../sandbox/types.ts";
import type { NetHost } from "../_lib/connect.ts";
import { FtpSession } from "../_lib/ftp.ts";
import { percentDecoded, type Url } from "./url.ts";

/** What is read. */
export interface FtpSource {
  /** Where in the file it begins. */
  readonly offset: number;
  read(): Promise<Uint8Array | undefined>;
  /** Hears whether the server sent all. */
  finish(): Promise<void>;
  close(): void;
}

/** Opens a file for reading. */
export async function openFtp(
  host: NetHost,
  url: Url,
  offset: number,
  heard: (line: ByteString) => void,
): Promise<FtpSource> {
  const colon = url.user.indexOf(":");
  const user = url.user === "" ? "anonymous" : colon < 0 ? url.user : url.user.slice(0, colon);
  const password = url.user === "" ? "busybox" : colon < 0 ? "" : url.user.slice(colon + 1);
  const session = await FtpSession.open(host, url.host, url.port, user, password, heard);
  let start = 0;
  if (offset > 0) {
    const restarted = await session.command(`REST ${offset}`);
    if (restarted.code === 350) start = offset;
  }
  const data = await session.data();
  const answer = await session.command(`RETR ${percentDecoded(url.path).slice(1)}`);
  if (answer.code > 150) session.unexpected(answer);
  const close = (): void => {
    data.file.release();
    session.close();
  };
  return {
    offset: start,
    read: async () => await data.file.read(65536, host.process.waiter),
    finish: async () => {
      data.file.release();
      const done = await session.reply();
      if (done.code !== 226) session.unexpected(done);
      session.close();
    },
    close,
  };
}
