using System.Globalization;

namespace Viddhana.Backoffice.Notices;

/// <summary>Text that people give as a name, a label or a reason.</summary>
internal static class PlainText
{
    /// <summary>
    /// True for one line that can be stored and shown: no control or format characters (those that turn the direction of writing hide what
    /// is written), no half of a surrogate pair.
    /// </summary>
    public static bool IsGood(string text, int max, int min = 1)
    {
        if (text.Length < min || text.Length > max) return false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value == 0xFFFD) return false;
            var category = System.Text.Rune.GetUnicodeCategory(rune);
            if (category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse) return false;
        }

        return true;
    }
}
