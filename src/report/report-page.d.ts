/** Written by the build: the page's code, to be put into HTML as it is. */
declare module '#report-page' {
  const page: {
    /** tfjs-vis, which becomes the global `tfvis`. */
    vis: string;
    /** src/report/page, which becomes the global `tfjsLatentReport`. */
    draw: string;
    /** CSS. */
    style: string;
  };
  export default page;
}
