/** This release. test/house keeps it equal to package.json. */
export const toolVersion = "0.1.0";
