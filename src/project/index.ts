/** A project's own setting: `init` scaffolds it, `doctor` examines it. */
export { doctor, type DoctorResult } from "./doctor.ts";
export { init, type InitResult } from "./init.ts";
