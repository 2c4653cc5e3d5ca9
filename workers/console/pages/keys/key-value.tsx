/** A key's value, shown once [CN9]. */
import { OneTime } from "../../ui/one-time.tsx";

export function KeyValue({ token, close }: { token: string | null; close: () => void }) {
  return (
    <OneTime
      title="Copy the key now"
      value={token}
      copy="Copy the key"
      kept="I have stored it"
      close={close}
    >
      <p>
        This is the only time it is shown. Only a hash of it is stored; if it is lost, make a new
        one.
      </p>
    </OneTime>
  );
}
