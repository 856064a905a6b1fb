//! Pictures in pixels.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

/// Why an SVG could not become a PNG.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// It is not an SVG.
    #[error("the chart is not a readable SVG: {0}")]
    Svg(#[from] resvg::usvg::Error),
    /// It is too large to be drawn.
    #[error("a chart of {width} × {height} pixels is too large")]
    TooLarge {
        /// Its width \[px].
        width: u32,
        /// Its height \[px].
        height: u32,
    },
    /// It could not be encoded.
    #[error("the picture could not be encoded as PNG: {0}")]
    Encode(String),
}

/// The font of all charts. Its licence is beside it.
static FONT: &[u8] = include_bytes!("../../../assets/fonts/DejaVuSans.ttf");

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(FONT.to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    Arc::new(fonts)
});

/// Draws an SVG as a PNG of the same size, one pixel a unit.
///
/// # Errors
/// If the text is not an SVG, or its size cannot be drawn.
pub fn png(svg: &str) -> Result<Vec<u8>, PngError> {
    let options = Options { fontdb: Arc::clone(&FONTS), ..Options::default() };
    let tree = Tree::from_str(svg, &options)?;
    let (width, height) = (tree.size().width().ceil() as u32, tree.size().height().ceil() as u32);
    let mut pixmap = Pixmap::new(width, height).ok_or(PngError::TooLarge { width, height })?;
    resvg::render(&tree, Transform::default(), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| PngError::Encode(error.to_string()))
}
