//! Every format a dataset is published in, read as its users have it on disk.

use std::{fs, path::Path};

use byolab::{
    data::{self, Dataset, Split, UNLABELLED, cifar10::CIFAR10, cifar100::CIFAR100, decode::decode, stl10, svhn},
    plan::recipe::DataRecipe,
};
use image::{DynamicImage, ImageFormat};

use crate::formats::{cifar_names, cifar_pickle, encoded, gzip, idx, mat, picture, write};

fn recipe(name: &str, held_out: usize) -> DataRecipe {
    DataRecipe { name: name.into(), held_out, ..DataRecipe::default() }
}

fn message(result: anyhow::Result<Dataset>) -> String {
    format!("{:#}", result.unwrap_err())
}

/// `n` labels in turn and rows of CIFAR's size, each of the label's own value.
fn rows(n: usize, classes: usize) -> (Vec<u8>, Vec<u8>) {
    let labels: Vec<u8> = (0..n).map(|row| (row % classes) as u8).collect();
    (labels.clone(), labels.iter().flat_map(|label| [*label; 3072]).collect())
}

#[test]
fn both_layouts_of_cifar_give_the_same_images() {
    for (cifar, key, before) in [(&CIFAR10, "labels", 0), (&CIFAR100, "fine_labels", 1)] {
        let (labels, pixels) = rows(40, cifar.classes);
        let record = |(label, image): (&u8, &[u8])| [&vec![7; before][..], &[*label], image].concat();
        let records: Vec<u8> = labels.iter().zip(pixels.chunks(3072)).flat_map(record).collect();
        let binary = cifar.records(&records).unwrap();
        assert_eq!(binary, cifar.pickled(&cifar_pickle(key, &labels, &pixels)).unwrap(), "{}", cifar.title);
        assert_eq!((binary.0, binary.1.len()), (pixels, 40));
    }
}

#[test]
fn the_python_layout_of_cifar_100_is_read_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("cifar-100-python");
    let (labels, pixels) = rows(50_000, 100);
    write(&inside.join("train"), &cifar_pickle("fine_labels", &labels, &pixels));
    let names: Vec<String> = (0..100).map(|kind| format!("kind {kind}")).collect();
    write(&inside.join("meta"), &cifar_names("fine_label_names", &names));
    let data = data::load(&DataRecipe { limit: 200, ..recipe("cifar100", 100) }, folder.path()).unwrap();
    assert_eq!((data.classes, data.train.len(), data.held_out.len()), (names, 200, 100));
    assert!((0..200).all(|image| u16::from(data.train.image(image)[0]) == data.train.labels[image]));
    let missing = CIFAR100.images(folder.path(), Split::Test).unwrap_err().to_string();
    assert!(missing.contains("cifar-100-python/test is missing"), "{missing}");
}

#[test]
fn a_pickle_that_is_not_cifars_says_what_is_missing() {
    let (labels, pixels) = rows(3, 10);
    let said = |bytes: &[u8]| format!("{:#}", CIFAR10.pickled(bytes).unwrap_err());
    assert!(said(&cifar_pickle("names", &labels, &pixels)).contains("no list of numbers called `labels`"));
    assert!(said(&cifar_pickle("labels", &[1, 2], &pixels)).contains("no array of bytes called `data`"));
    assert!(said(&cifar_pickle("labels", &[1, 2, 10], &pixels)).contains("record 2 has the label 10"));
    assert!(said(&cifar_names("label_names", &[])).contains("no array of bytes"));
    assert!(byolab::pickle::parse(&cifar_pickle("labels", &labels, &pixels)).is_ok());
}

#[test]
fn mnist_is_read_compressed_or_not_and_gray_becomes_three_channels() {
    let (images, labels) = (idx(&[40, 28, 28], &[9; 40 * 784]), idx(&[40], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].repeat(4)));
    let mut read = Vec::new();
    for (name, place) in [("mnist", "mnist"), ("mnist", "MNIST/raw"), ("fashion-mnist", "fashion-mnist")] {
        for compressed in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let inside = folder.path().join(place);
            if compressed {
                write(&inside.join("train-images-idx3-ubyte.gz"), &gzip(&images));
                write(&inside.join("train-labels-idx1-ubyte.gz"), &gzip(&labels));
            } else {
                write(&inside.join("train-images-idx3-ubyte"), &images);
                write(&inside.join("train-labels-idx1-ubyte"), &labels);
            }
            read.push(data::load(&recipe(name, 10), folder.path()).unwrap());
        }
    }
    assert_eq!((read[0].train.len(), read[0].train.side, read[0].train.image(3)), (30, 28, &[9; 3 * 784][..]));
    assert!(read.iter().all(|data| data.train == read[0].train));
}

#[test]
fn an_idx_file_that_is_none_is_refused_with_the_reason() {
    let labels = idx(&[2], &[0, 1]);
    let whole = idx(&[2, 2, 2], &[0; 8]);
    for (images, labels, said) in [
        (&whole[..10], &labels[..], "it is cut"),
        (&whole[..18], &labels, "expected [2, 2, 2]"),
        (&gzip(&whole)[..20], &labels, "cannot be"),
        (&[&whole[..], &[0]].concat(), &labels, "expected [2, 2, 2]"),
        (&idx(&[2, 2, 3], &[0; 12]), &labels, "not square"),
        (&idx(&[u32::MAX, u32::MAX, u32::MAX], &[]), &labels, "more than 1 GiB"),
        (&whole, &idx(&[3], &[0; 3]), "2 images have labels of [3]"),
        (&whole, &idx(&[2], &[0, 10]), "a label is 10, expected 0 to 9"),
        (b"\x00\x00\x0d\x03", &labels, "0, 0, 8"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("mnist/train-images-idx3-ubyte"), images);
        write(&folder.path().join("mnist/train-labels-idx1-ubyte"), labels);
        let message = message(data::load(&recipe("mnist", 1), folder.path()));
        assert!(message.contains(said), "`{said}` is not in: {message}");
    }
}

/// One image of STL-10, column by column: each byte is its row.
fn stl_image() -> Vec<u8> {
    (0..3 * 96 * 96).map(|at| (at % 96) as u8).collect()
}

#[test]
fn stl_10_is_turned_upright_and_its_labels_count_from_one() {
    let upright = stl10::upright(&stl_image()).unwrap();
    assert!((0..96 * 96).all(|at| usize::from(upright[at]) == at / 96));
    assert_eq!(stl10::labels(&[1, 10]).unwrap(), [0, 9]);
    assert!(stl10::labels(&[1, 0]).unwrap_err().to_string().contains("label 1 of STL-10 is 0"));
    assert!(stl10::upright(&[0; 100]).is_err());
}

#[test]
fn methods_learn_from_stl_10s_unlabelled_images_where_asked_and_probes_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("stl10_binary");
    write(&inside.join("train_X.bin"), &stl_image().repeat(20));
    write(&inside.join("train_y.bin"), &[1, 2].repeat(10));
    write(&inside.join("unlabeled_X.bin"), &vec![200; 3 * 96 * 96 * 30]);
    write(&inside.join("test_X.bin"), &stl_image().repeat(4));
    write(&inside.join("test_y.bin"), &[1, 2, 3, 10]);
    let labelled = data::load(&recipe("stl10", 4), folder.path()).unwrap();
    assert_eq!((labelled.train.len(), labelled.held_out.len(), labelled.train.side), (16, 4, 96));
    assert_eq!(data::test(&recipe("stl10", 4), folder.path()).unwrap().images.labels, [0, 1, 2, 9]);

    let asked = DataRecipe { unlabelled: true, side: 32, ..recipe("stl10", 4) };
    let all = data::load(&asked, folder.path()).unwrap();
    assert_eq!((all.train.len(), all.train.side, all.train.labelled().len()), (46, 32, 16));
    assert_eq!(all.held_out.labels, labelled.held_out.labels);
    for index in 0..46 {
        assert_eq!(all.train.image(index) == [200; 3 * 32 * 32], all.train.labels[index] == UNLABELLED, "{index}");
    }
    assert!(all.train.pixels.bytes().is_none(), "a set of 2.9 GB is not read into memory");
}

#[test]
fn svhn_is_turned_upright_and_its_ten_is_the_digit_zero() {
    let image: Vec<u8> = (0..3 * 32 * 32).map(|at| (at % 32) as u8).collect();
    let file = mat(&[("X", &[32, 32, 3, 2], &image.repeat(2)), ("y", &[2, 1], &[10, 3])]);
    let images = svhn::images(&file).unwrap();
    assert_eq!(images.labels, [0, 3]);
    assert!((0..32 * 32).all(|at| usize::from(images.image(1)[at]) == at / 32));
    for (broken, said) in [
        (mat(&[("X", &[32, 32, 3, 2], &image.repeat(2)), ("y", &[1, 1], &[1])]), "1 labels have images of"),
        (mat(&[("X", &[32, 32, 3, 1], &image), ("y", &[1, 1], &[11])]), "a label is 11"),
        (mat(&[("X", &[32, 32, 3, 2], &image), ("y", &[1, 1], &[1])]), "has 3072 values"),
        (mat(&[("X", &[32, 32, 3, 1], &image)]), "no array called `y`"),
        (file[..300].to_vec(), "it is cut"),
        (vec![0; 300], "no MAT-file"),
    ] {
        let message = format!("{:#}", svhn::images(&broken).unwrap_err());
        assert!(message.contains(said), "`{said}` is not in: {message}");
    }
}

/// A folder of `n` pictures for each of `classes`.
fn class_folders(root: &Path, classes: &[&str], n: usize) {
    for class in classes {
        for number in 0..n {
            let bytes = encoded(&picture(40, 30).into(), ImageFormat::Png);
            write(&root.join(class).join(format!("{number}.png")), &bytes);
        }
    }
}

fn folder_recipe(side: usize) -> DataRecipe {
    DataRecipe { path: "mine".into(), side, ..recipe("folder", 2) }
}

#[test]
fn a_folder_is_decoded_once_at_any_size() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("mine");
    class_folders(&root, &["cat", "dog"], 4);
    write(&root.join("cat/4.JPEG"), &encoded(&picture(50, 80).into(), ImageFormat::Jpeg));
    write(&root.join("dog/deep/4.webp"), &encoded(&picture(50, 80).into(), ImageFormat::WebP));
    write(&root.join("dog/notes.txt"), b"not a picture");
    write(&root.join("readme.md"), b"not a class");
    for side in [8, 16, 64] {
        let first = data::load(&folder_recipe(side), data.path()).unwrap();
        assert_eq!((first.classes.join(" "), first.train.len(), first.held_out.len()), ("cat dog".into(), 8, 2));
        let image = first.train.image(0);
        let (left, right) = (usize::from(image[0]), usize::from(image[side - 1]));
        assert!(left > 180 && right < 60, "red is to the left, not {left} and {right}");
        assert_eq!(first.notes.len(), usize::from(side == 64), "{:?}", first.notes);
        assert!((first.mean[0] - 0.47).abs() < 0.05 && (first.std[0] - 0.39).abs() < 0.05, "{:?}", first.std);
        // Other bytes under the same size and time: whoever decodes again sees them.
        let path = root.join("cat/0.png");
        let (bytes, time) = (fs::read(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap());
        fs::write(&path, vec![0; bytes.len()]).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let second = data::load(&folder_recipe(side), data.path()).unwrap();
        assert!((0..8).all(|index| first.train.image(index) == second.train.image(index)), "decoded again");
        fs::write(&path, bytes).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    }
}

#[test]
fn what_is_wrong_with_a_folder_is_said_in_a_sentence() {
    let two = |root: &Path| class_folders(root, &["a", "b"], 4);
    type Case<'a> = (&'a dyn Fn(&Path), &'a str);
    let cases: [Case; 8] = [
        (&|_| {}, "mine cannot be read"),
        (&|root| write(root, b"a file"), "mine cannot be read"),
        (&|root| fs::create_dir_all(root).unwrap(), "has no class folders"),
        (&|root| class_folders(root, &["a"], 4), "has the one class `a`"),
        (
            &|root| {
                two(root);
                fs::create_dir(root.join("c")).unwrap()
            },
            "c holds no JPEG, PNG or WebP file",
        ),
        (
            &|root| {
                two(root);
                write(&root.join("a/x.jpg"), b"none")
            },
            "1 of the 9 images in",
        ),
        (
            &|root| {
                two(root);
                write(&root.join("a/x.jpg"), b"none")
            },
            "x.jpg (it is no JPEG, PNG or WebP)",
        ),
        (&|root| ["a/0.png", "b/0.png"].iter().for_each(|name| write(&root.join(name), b"")), "none of the images in"),
    ];
    for (make, said) in cases {
        let data = tempfile::tempdir().unwrap();
        make(&data.path().join("mine"));
        let message = message(data::load(&folder_recipe(16), data.path()));
        assert!(message.contains(said), "`{said}` is not in: {message}");
        let left = fs::read_dir(data.path().join("cache"))
            .map_or(0, |entries| entries.flatten().filter(|it| it.path().to_string_lossy().contains("new")).count());
        assert_eq!(left, 0, "a half-written cache is left");
    }
}

#[test]
fn corrupt_images_up_to_the_share_are_named_and_left_out_and_small_ones_enlarged() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("mine");
    class_folders(&root, &["a", "b"], 10);
    let jpeg = encoded(&picture(64, 64).into(), ImageFormat::Jpeg);
    write(&root.join("a/cut.jpg"), &jpeg[..jpeg.len() - 40]);
    let recipe = DataRecipe { corrupt_share: 0.05, ..folder_recipe(32) };
    let loaded = data::load(&recipe, data.path()).unwrap();
    assert_eq!(loaded.train.len() + loaded.held_out.len(), 20);
    assert_eq!(loaded.train.labels.iter().filter(|label| **label == 0).count(), 9);
    let [left_out, enlarged] = &loaded.notes[..] else { panic!("{:?}", loaded.notes) };
    assert!(left_out.starts_with("1 of 21 images cannot be decoded") && left_out.contains("cut.jpg (it is cut)"));
    assert!(enlarged.starts_with("20 images are smaller than data.side = 32 and enlarged"), "{enlarged}");
    let strict = message(data::load(&DataRecipe { corrupt_share: 0.04, ..recipe }, data.path()));
    assert!(strict.contains("more than data.corrupt_share = 0.04"), "{strict}");
}

#[test]
fn a_folder_has_the_splits_that_are_folders() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("mine");
    class_folders(&root.join("train"), &["a", "train"], 3);
    let no_test = format!("{:#}", data::test(&folder_recipe(8), data.path()).unwrap_err());
    assert!(no_test.contains("no folder `test` or `val`"), "{no_test}");
    class_folders(&root.join("val"), &["a", "train"], 2);
    assert_eq!(data::load(&folder_recipe(8), data.path()).unwrap().classes, ["a", "train"]);
    assert_eq!(data::test(&folder_recipe(8), data.path()).unwrap().images.labels, [0, 0, 1, 1]);
}

#[test]
fn a_test_split_may_lack_classes_and_has_no_others() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("mine");
    let labels = || data::test(&folder_recipe(8), data.path()).map(|test| test.images.labels);
    let refused = || format!("{:#}", labels().unwrap_err());
    class_folders(&root.join("train"), &["a", "b", "c"], 3);
    fs::create_dir_all(root.join("test/a")).unwrap();
    assert!(refused().contains("test holds no JPEG, PNG or WebP file: fill it"), "{}", refused());
    class_folders(&root.join("test"), &["c"], 2);
    assert_eq!(labels().unwrap(), [2, 2], "the folder `a` is empty, `b` is not there");
    class_folders(&root.join("test"), &["b"], 1);
    assert_eq!(labels().unwrap(), [1, 2, 2]);
    class_folders(&root.join("test"), &["d", "e"], 1);
    assert!(refused().contains("that the training split has not: d, e: take them away"), "{}", refused());
}

/// What was said of images that were left out, and the lines of the file that it names.
fn left_out(note: &str) -> Vec<String> {
    let (_, rest) = note.rsplit_once("; ").unwrap_or_else(|| panic!("no file is named in: {note}"));
    let list = fs::read_to_string(rest.strip_suffix(" names all").unwrap()).unwrap();
    list.lines().map(String::from).collect()
}

#[test]
fn images_of_other_kinds_are_counted_and_told() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("mine");
    class_folders(&root, &["a", "b"], 4);
    for name in ["a/0.bmp", "b/1.BMP", "b/deep/x.Gif", "a/y.tiff", "a/y.tif", "a/z.ppm", "a/z.avif"] {
        write(&root.join(name), b"an image");
    }
    write(&root.join("a/notes.txt"), b"no image");
    let loaded = data::load(&folder_recipe(8), data.path()).unwrap();
    let [note] = &loaded.notes[..] else { panic!("{:?}", loaded.notes) };
    let counted =
        "7 files of other kinds than JPEG, PNG and WebP left out (1 AVIF, 2 BMP, 1 GIF, 1 PPM, 2 TIFF; convert";
    assert!(note.starts_with(counted), "{note}");
    let list = left_out(note);
    assert!(list.len() == 7 && list.iter().any(|line| line.ends_with("1.BMP (BMP is not read)")), "{list:?}");

    write(&root.join("c/0.bmp"), b"an image");
    let message = message(data::load(&folder_recipe(8), data.path()));
    assert!(message.contains("c holds no JPEG, PNG or WebP file, but 1 BMP: convert what is there"), "{message}");
}

/// They have no class, and other programs take the labels of all from a single one of them.
#[test]
fn images_beside_the_class_folders_are_left_out_and_told() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("mine");
    class_folders(&root, &["a", "b"], 4);
    write(&root.join("cover.png"), &encoded(&picture(40, 30).into(), ImageFormat::Png));
    write(&root.join("README.md"), b"no image");
    let loaded = data::load(&folder_recipe(8), data.path()).unwrap();
    let [note] = &loaded.notes[..] else { panic!("{:?}", loaded.notes) };
    assert!(note.starts_with("1 image beside the class folders left out, of no class: "), "{note}");
    assert!(note.ends_with("cover.png") && loaded.train.len() + loaded.held_out.len() == 8, "{note}");
}

#[test]
fn five_bad_images_are_named_and_a_file_names_all_of_them() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("mine");
    class_folders(&root, &["a", "b"], 20);
    let bad = |n| (0..n).for_each(|number| write(&root.join(format!("a/bad-{number:02}.png")), b"none"));
    let load = |corrupt_share| data::load(&DataRecipe { corrupt_share, ..folder_recipe(8) }, data.path());
    bad(5);
    let few = load(0.5).unwrap();
    assert!(few.notes[0].contains("bad-04.png") && !few.notes[0].contains("names all"), "{:?}", few.notes);
    bad(10);
    let refused = message(load(0.0));
    for said in [refused, load(0.5).unwrap().notes[0].clone()] {
        assert!(said.contains("bad-04.png") && said.contains(" and 5 more; ") && !said.contains("bad-05"), "{said}");
        let list = left_out(&said);
        assert!(list.len() == 10 && list[9].ends_with("bad-09.png (it is no JPEG, PNG or WebP)"), "{list:?}");
    }
}

#[test]
fn a_jfif_file_is_a_jpeg() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("mine");
    class_folders(&root, &["a", "b"], 2);
    write(&root.join("a/c.jfif"), &encoded(&picture(50, 80).into(), ImageFormat::Jpeg));
    let loaded = data::load(&folder_recipe(8), data.path()).unwrap();
    assert_eq!((loaded.train.len() + loaded.held_out.len(), loaded.notes.len()), (5, 0), "{:?}", loaded.notes);
}

/// EXIF with one entry, the orientation, as a JPEG's first segment.
fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff = [b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", &[orientation, 0, 0, 0, 0, 0, 0, 0][..]].concat();
    let body = [b"Exif\0\0", &tiff[..]].concat();
    [&[0xff, 0xd8, 0xff, 0xe1], &(body.len() as u16 + 2).to_be_bytes()[..], &body, &jpeg[2..]].concat()
}

#[test]
fn images_are_turned_as_their_exif_says() {
    let jpeg = encoded(&picture(64, 64).into(), ImageFormat::Jpeg);
    // Where red is: left, then right (mirrored), above (turned by 90 degrees), below.
    let places: [(u8, [usize; 2]); 4] = [(1, [8, 2]), (2, [8, 13]), (6, [2, 8]), (8, [13, 8])];
    for (orientation, [row, column]) in places {
        let pixels = decode(&turned(&jpeg, orientation), 16).unwrap().pixels;
        assert!(pixels[16 * row + column] > 180, "orientation {orientation}");
        assert!(pixels[16 * (15 - row) + (15 - column)] < 60, "orientation {orientation}");
    }
}

#[test]
fn gray_alpha_and_sixteen_bits_become_three_bytes_a_pixel() {
    let gray = DynamicImage::ImageLuma8(image::GrayImage::from_pixel(9, 9, image::Luma([77])));
    let deep = DynamicImage::ImageRgb16(image::ImageBuffer::from_pixel(9, 9, image::Rgb([77 * 257; 3])));
    let alpha = DynamicImage::ImageRgba8(image::RgbaImage::from_pixel(9, 9, image::Rgba([77, 77, 77, 10])));
    for image in [gray, deep, alpha] {
        assert_eq!(decode(&encoded(&image, ImageFormat::Png), 4).unwrap().pixels, [77; 48], "{:?}", image.color());
    }
}

#[test]
fn a_decompression_bomb_is_refused_by_its_claim() {
    let mut png = encoded(&picture(8, 8).into(), ImageFormat::Png);
    png[16..20].copy_from_slice(&60_000u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000u32.to_be_bytes());
    let crc = crc32(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&crc);
    let message = format!("{:#}", decode(&png, 8).unwrap_err());
    assert!(message.contains("60000 by 60000") || message.to_lowercase().contains("limit"), "{message}");
}

/// The checksum of PNG's chunks.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn any_set_is_used_at_any_size() {
    let recipe = DataRecipe { limit: 10, side: 20, ..recipe("synthetic", 10) };
    let data = data::load(&recipe, Path::new("")).unwrap();
    assert_eq!((data.train.side, data.held_out.side, data.train.image(9).len()), (20, 20, 1200));
    assert_eq!(data::test(&recipe, Path::new("")).unwrap().images.side, 20);
}

#[test]
fn labels_are_taken_away_from_training_images_only() {
    let recipe = DataRecipe { limit: 200, labels_per_class: 3, ..recipe("synthetic", 50) };
    let data = data::load(&recipe, Path::new("")).unwrap();
    assert_eq!((data.train.labelled().len(), data.held_out.labelled().len()), (30, 50));
}

#[test]
fn the_catalog_and_the_registry_name_the_same_datasets() {
    let registry: Vec<&str> = data::DATASETS.iter().map(|entry| entry.name()).collect();
    let catalog: Vec<&str> = byolab::plan::catalog::DATASETS.iter().map(|entry| entry.name).collect();
    assert_eq!(registry, catalog);
}
