/* SPDX-License-Identifier: MIT
 *
 * The examples' reader of IDX files: what it takes, and that it refuses everything else with a message and without
 * touching its output. */
#include "../examples/common/idx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { COUNT = 3, ROWS = 2, COLS = 4, IMAGE_BYTES = 16 + COUNT * ROWS * COLS, LABEL_BYTES = 8 + COUNT };

struct folder {
    char name[64];
    char images[96];
    char labels[96];
};

static void put_u32(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Three images of 2 x 4 pixels: 0, 10, 20 ... */
static void make_images(uint8_t *bytes)
{
    const uint32_t header[4] = { 0x803, COUNT, ROWS, COLS };
    for (int i = 0; i < 4; i++)
        put_u32(bytes + (ptrdiff_t)4 * i, header[i]);
    for (int i = 0; i < COUNT * ROWS * COLS; i++)
        bytes[16 + i] = (uint8_t)(10 * i);
}

static void make_labels(uint8_t *bytes)
{
    put_u32(bytes, 0x801);
    put_u32(bytes + 4, COUNT);
    memcpy(bytes + 8, (const uint8_t[]){ 7, 0, 9 }, COUNT);
}

static void write_plain(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void write_gzip(const char *path, const void *bytes, unsigned size)
{
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, size), size);
    assert_int_equal(gzclose(file), Z_OK);
}

static size_t read_back(const char *path, uint8_t *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, room, file);
    assert_int_equal(fclose(file), 0);
    return size;
}

static int set_up(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    if (folder == NULL)
        return -1;
    strcpy(folder->name, "/tmp/plasticity-idx-XXXXXX");
    if (mkdtemp(folder->name) == NULL) {
        free(folder);
        return -1;
    }
    snprintf(folder->images, sizeof folder->images, "%s/images", folder->name);
    snprintf(folder->labels, sizeof folder->labels, "%s/labels", folder->name);
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    struct folder *folder = *state;
    unlink(folder->images);
    unlink(folder->labels);
    rmdir(folder->name);
    free(folder);
    return 0;
}

static void expect_images_refused(const char *path, const char *word)
{
    float pixel = 0.5f;
    struct idx_images images = { &pixel, 1, 1, 1 };
    struct message message = { "" };
    assert_int_equal(idx_read_images(path, &images, &message), -1);
    assert_ptr_equal(images.pixels, &pixel);
    assert_true(images.count == 1 && images.rows == 1 && images.cols == 1);
    assert_non_null(strstr(message.text, path));
    if (strstr(message.text, word) == NULL)
        fail_msg("'%s' lacks '%s'", message.text, word);
    assert_null(strchr(message.text, '\n'));
}

static void expect_labels_refused(const char *path, const char *word)
{
    uint8_t label = 5;
    struct idx_labels labels = { &label, 1 };
    struct message message = { "" };
    assert_int_equal(idx_read_labels(path, &labels, &message), -1);
    assert_ptr_equal(labels.labels, &label);
    assert_int_equal(labels.count, 1);
    assert_non_null(strstr(message.text, path));
    if (strstr(message.text, word) == NULL)
        fail_msg("'%s' lacks '%s'", message.text, word);
}

static void expect_set_is_read(const struct folder *folder)
{
    struct idx_set set = { 0 };
    struct message message = { "" };
    assert_int_equal(idx_read_set(folder->images, folder->labels, &set, &message), 0);
    assert_string_equal(message.text, "");
    assert_true(set.images.count == COUNT && set.images.rows == ROWS && set.images.cols == COLS);
    for (int i = 0; i < COUNT * ROWS * COLS; i++)
        assert_true(set.images.pixels[i] == (float)(10 * i) / 255.0f);
    assert_int_equal(set.labels.count, COUNT);
    assert_true(set.labels.labels[0] == 7 && set.labels.labels[1] == 0 && set.labels.labels[2] == 9);
    idx_free_set(&set);
    assert_null(set.images.pixels);
    idx_free_set(&set);
}

static void test_plain(void **state)
{
    const struct folder *folder = *state;
    uint8_t images[IMAGE_BYTES], labels[LABEL_BYTES];
    make_images(images);
    make_labels(labels);
    write_plain(folder->images, images, sizeof images);
    write_plain(folder->labels, labels, sizeof labels);
    expect_set_is_read(folder);
}

static void test_gzip(void **state)
{
    const struct folder *folder = *state;
    uint8_t images[IMAGE_BYTES], labels[LABEL_BYTES];
    make_images(images);
    make_labels(labels);
    write_gzip(folder->images, images, sizeof images);
    write_gzip(folder->labels, labels, sizeof labels);
    expect_set_is_read(folder);
}

/* Longer than the reader's chunk, and compressed almost as far as deflate can. */
static void test_long_file(void **state)
{
    const struct folder *folder = *state;
    const uint32_t count = 5000000;
    uint8_t *bytes = calloc(1, 8 + count);
    struct idx_labels labels = { 0 };
    struct message message = { "" };
    assert_non_null(bytes);
    put_u32(bytes, 0x801);
    put_u32(bytes + 4, count);
    bytes[8 + count - 1] = 3;
    write_gzip(folder->labels, bytes, 8 + count);
    free(bytes);
    assert_int_equal(idx_read_labels(folder->labels, &labels, &message), 0);
    assert_int_equal(labels.count, count);
    assert_int_equal(labels.labels[count - 1], 3);
    idx_free_labels(&labels);
}

static void test_every_truncation(void **state)
{
    const struct folder *folder = *state;
    uint8_t images[IMAGE_BYTES], packed[256];
    make_images(images);
    for (size_t size = 0; size < sizeof images; size++) {
        write_plain(folder->images, images, size);
        expect_images_refused(folder->images, size < 16 ? "the header alone has 16" : "the header says 24");
    }
    write_gzip(folder->images, images, sizeof images);
    size_t whole = read_back(folder->images, packed, sizeof packed);
    for (size_t size = 0; size < whole; size++) {
        write_plain(folder->images, packed, size);
        expect_images_refused(folder->images, "");
    }
    write_plain(folder->images, packed, whole - 1);
    expect_images_refused(folder->images, "end in the middle");
}

static void test_data_behind_the_end(void **state)
{
    const struct folder *folder = *state;
    uint8_t images[IMAGE_BYTES + 1] = { 0 }, labels[LABEL_BYTES + 1] = { 0 };
    make_images(images);
    make_labels(labels);
    write_plain(folder->images, images, sizeof images);
    expect_images_refused(folder->images, "goes on behind the 24 bytes");
    write_gzip(folder->labels, labels, sizeof labels);
    expect_labels_refused(folder->labels, "goes on behind the 3 bytes");
}

/* A flipped bit anywhere behind gzip's own header (10 bytes, not all of which mean something) must be noticed. It is
 * the lowest of each byte, because the upper ones of the last byte of data may be padding. */
static void test_corrupt_gzip(void **state)
{
    const struct folder *folder = *state;
    uint8_t images[IMAGE_BYTES], packed[256];
    make_images(images);
    write_gzip(folder->images, images, sizeof images);
    size_t whole = read_back(folder->images, packed, sizeof packed);
    for (size_t i = 10; i < whole; i++) {
        packed[i] ^= 1;
        write_plain(folder->images, packed, whole);
        expect_images_refused(folder->images, "");
        packed[i] ^= 1;
    }
    packed[whole - 8] ^= 1; /* the checksum */
    write_plain(folder->images, packed, whole);
    expect_images_refused(folder->images, "corrupt gzip data");
}

static void test_wrong_magic(void **state)
{
    const struct folder *folder = *state;
    uint8_t images[IMAGE_BYTES], labels[LABEL_BYTES];
    make_images(images);
    make_labels(labels);
    write_plain(folder->images, images, sizeof images);
    write_plain(folder->labels, labels, sizeof labels);
    expect_labels_refused(folder->images, "begins with 0x00000803, an IDX file of labels with 0x00000801");
    put_u32(labels, 0xd0801);
    write_plain(folder->labels, labels, sizeof labels);
    expect_labels_refused(folder->labels, "begins with 0x000d0801");
    put_u32(images, 0x03080000);
    write_plain(folder->images, images, sizeof images);
    expect_images_refused(folder->images, "begins with 0x03080000");
}

static void test_absurd_sizes(void **state)
{
    const struct folder *folder = *state;
    const uint32_t large[][3] = { { 0xffffffff, 0xffffffff, 0xffffffff }, /* the product overflows 64 bits */
                                  { 0x80000000, 0x80000000, 4 },          /* ... to exactly 0 */
                                  { 0xffffffff, 28, 28 },
                                  { 60000, 28, 28 } };
    uint8_t images[IMAGE_BYTES], labels[LABEL_BYTES];
    make_images(images);
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
        for (int k = 0; k < 3; k++)
            put_u32(images + 4 + (ptrdiff_t)4 * k, large[i][k]);
        write_plain(folder->images, images, sizeof images);
        expect_images_refused(folder->images, "promises more data than a file of 40 bytes can hold");
        write_gzip(folder->images, images, sizeof images);
        expect_images_refused(folder->images, "promises more data");
    }
    for (int k = 0; k < 3; k++) {
        make_images(images);
        put_u32(images + 4 + (ptrdiff_t)4 * k, 0);
        write_plain(folder->images, images, sizeof images);
        expect_images_refused(folder->images, "is 0, expected at least 1");
    }
    make_labels(labels);
    put_u32(labels + 4, 0xffffffff);
    write_plain(folder->labels, labels, sizeof labels);
    expect_labels_refused(folder->labels, "promises more data");
}

static void test_no_such_file(void **state)
{
    const struct folder *folder = *state;
    expect_images_refused(folder->images, "cannot open: No such file");
    expect_labels_refused(folder->labels, "cannot open: No such file");
    expect_labels_refused(folder->name, "not a regular file");
}

static void test_mismatch(void **state)
{
    const struct folder *folder = *state;
    uint8_t images[IMAGE_BYTES], labels[LABEL_BYTES];
    struct idx_set set = { 0 };
    struct message message = { "" };
    make_images(images);
    make_labels(labels);
    put_u32(labels + 4, COUNT - 1);
    write_plain(folder->images, images, sizeof images);
    write_plain(folder->labels, labels, sizeof labels - 1);
    assert_int_equal(idx_read_set(folder->images, folder->labels, &set, &message), -1);
    assert_non_null(strstr(message.text, "holds 2 labels, expected 3"));
    assert_non_null(strstr(message.text, folder->labels));
    assert_null(set.images.pixels);
    assert_null(set.labels.labels);
    unlink(folder->labels);
    assert_int_equal(idx_read_set(folder->images, folder->labels, &set, &message), -1);
    assert_non_null(strstr(message.text, "cannot open"));
    assert_null(set.images.pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gzip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_truncation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_data_behind_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_corrupt_gzip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_magic, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_absurd_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_such_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mismatch, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
