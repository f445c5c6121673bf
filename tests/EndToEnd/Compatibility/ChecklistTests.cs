using System.Reflection;
using Viddhana.Tests.Shared;

namespace Viddhana.Tests.EndToEnd.Compatibility;

/// <summary>
/// The checklist of wire compatibility: what real clients were seen to send and to need, as 67 items. A test says by its categories
/// (<c>a1</c> to <c>a67</c>) which of them it holds.
/// </summary>
public sealed class ChecklistTests
{
    private const int Items = 67;

    /// <summary>The last item of the same list; those above 67 are of other protocols than Stratum V1.</summary>
    private const int LastItem = 71;

    private static readonly ILookup<string, string> Tests = Categories().ToLookup(each => each.Category, each => each.Test);

    [Test]
    public void Every_item_of_the_checklist_has_a_test() =>
        Assert.That(Enumerable.Range(1, Items).Where(item => !Tests.Contains($"a{item}")), Is.Empty, "items without a test");

    [Test]
    public void The_page_of_the_checklist_says_what_each_item_is()
    {
        var page = File.ReadAllText(Path.Combine(SourceTree.Root, "docs", "checklist.md"));
        Assert.That(Enumerable.Range(1, Items).Where(item => !page.Contains($"| a{item} | ", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void No_test_names_an_item_that_the_checklist_does_not_have()
    {
        var numbers = Tests.Select(each => each.Key).Where(IsItem);
        Assert.That(numbers.Where(category => int.Parse(category.AsSpan(1)) is 0 or > LastItem), Is.Empty);
    }

    // Of the method, of its class or of a class above it; only what is really a test counts.
    private static IEnumerable<(string Category, string Test)> Categories() =>
        from type in typeof(ChecklistTests).Assembly.GetTypes()
        where !type.IsAbstract
        from method in type.GetMethods()
        where method.GetCustomAttributes().Any(attribute => attribute is TestAttribute or TestCaseAttribute or TestCaseSourceAttribute)
        from category in method.GetCustomAttributes<CategoryAttribute>().Concat(type.GetCustomAttributes<CategoryAttribute>())
        select (category.Name, $"{type.Name}.{method.Name}");

    private static bool IsItem(string category) => category.Length > 1 && category[0] == 'a' && category.Skip(1).All(char.IsAsciiDigit);
}
