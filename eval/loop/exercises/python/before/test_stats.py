import unittest

from stats import average, median


class StatsTest(unittest.TestCase):
    def test_average(self):
        self.assertEqual(average([]), 0)
        self.assertEqual(average([1, 2]), 1.5)

    def test_median(self):
        self.assertEqual(median([3, 1, 2]), 2)
        self.assertEqual(median([4, 1, 2, 3]), 2.5)


if __name__ == "__main__":
    unittest.main()
