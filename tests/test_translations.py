"""Every sentence of the pages has its English."""

from scripts import translations


def test_the_english_catalogue_is_complete():
    assert translations.faults(translations.read()) == []


def test_a_missing_or_crippled_translation_is_named():
    catalogue = translations.read()
    catalogue["%(n)s 天"].string = "days"
    del catalogue["保存"]
    assert translations.faults(catalogue) == ["译文的占位不同：%(n)s 天", "没有译文：保存"]
