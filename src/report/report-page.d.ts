/** Written by the build: the page's code, to be put into HTML as it is. */
declare module '#report-page' {
  const page: {
    /** tfjs-vis, which becomes the global `tfvis`. */
    vis: string;
    /** src/report/page, which becomes the global `tfjsLatentReport`. */
    draw: string;
    /** CSS of the page. */
    style: string;
    /** CSS of what stands in pictures, in any page. */
    pictures: string;
  };
  export default page;
}
