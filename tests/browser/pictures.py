# SPDX-License-Identifier: MIT
#
# The pictures in docs/report.md: pictures.py --browser PROGRAM PAGES OUTPUT-FOLDER, where PAGES is
# what browser_pages has made. Run by hand when the page changes its looks.
import argparse
import os

from chromium import Chromium


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--browser", required=True)
    parser.add_argument("pages")
    parser.add_argument("output")
    asked = parser.parse_args()
    os.makedirs(asked.output, exist_ok=True)
    for name, page, dark, view in (("flame", "small", False, "flame"),
                                   ("diff", "diff", True, "flame"),
                                   ("table", "small", False, "table")):
        browser = Chromium(asked.browser, 1000, 400, dark)
        try:
            browser.open("%s/%s.html" % (asked.pages, page))
            browser.ask("document.querySelector('nav [data-id=%s]').click()" % view)
            if view == "flame":
                browser.ask("[...document.querySelectorAll('.flame button')]"
                            ".find(b => b.textContent.includes('insert')).focus()")
            browser.picture("%s/report-%s.png" % (asked.output, name))
        finally:
            browser.close()


if __name__ == "__main__":
    main()
