/** The package's version, as written into the models that it saves. */
export const VERSION = '0.1.0';
