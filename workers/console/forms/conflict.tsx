/** Somebody else saved first: theirs beside yours, and a choice between them [CN5]. */
import { Button } from "../ui/button.tsx";

interface ConflictProps {
  /** The fields that differ, as text. */
  readonly fields: readonly ConflictField[];
  readonly pending: boolean;
  /** Puts what is saved now into the form. */
  readonly takeTheirs: () => void;
  /** Saves the form over what is saved now. */
  readonly saveMine: () => void;
}

export interface ConflictField {
  readonly label: string;
  readonly theirs: string;
  readonly yours: string;
}

export function Conflict({ fields, pending, takeTheirs, saveMine }: ConflictProps) {
  return (
    <div role="alert" className="rounded-md border border-warn bg-warn-wash px-3 py-2.5">
      <p className="font-medium text-warn">Somebody else changed this meanwhile</p>
      <p className="text-soft">Nothing of yours was saved yet. Compare, then choose.</p>
      <table className="my-2 w-full table-fixed">
        <caption className="sr-only">What is saved now beside what you entered</caption>
        <thead>
          <tr className="text-left text-sm text-soft">
            <th scope="col" className="w-20 font-normal">
              Field
            </th>
            <th scope="col" className="font-normal">
              Saved now
            </th>
            <th scope="col" className="font-normal">
              Yours
            </th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field.label} className="align-top">
              <th scope="row" className="pr-2 text-left font-normal text-soft">
                {field.label}
              </th>
              <td className="pr-2 break-words">{field.theirs}</td>
              <td className="font-medium break-words">{field.yours}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="flex flex-wrap gap-2">
        <Button onClick={takeTheirs}>Take theirs</Button>
        <Button onClick={saveMine} pending={pending}>
          Save mine over it
        </Button>
      </div>
    </div>
  );
}
