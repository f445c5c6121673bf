using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Viddhana.Tests.Web.Own;

/// <summary>A payout from the wish of its owner to the word of an operator.</summary>
public sealed class PayoutWalkTests
{
    [Test]
    public async Task An_owner_asks_for_a_payout_an_operator_approves_it_and_the_owner_takes_the_wish_back()
    {
        await using var owner = await Scene.AsWalletAsync("/account/payouts", Look.PhoneDark);
        await owner.Page.GetByRole(AriaRole.Button, new() { Name = "Ask for a payout" }).ClickAsync();
        var dialog = owner.Page.GetByRole(AriaRole.Dialog);
        await Expect(dialog).ToContainTextAsync("The next round sends about");
        await owner.AxeAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Ask for it" }).ClickAsync();
        var asked = owner.Page.GetByRole(AriaRole.Region, new() { Name = "Asked for" });
        await Expect(asked).ToContainTextAsync("waits for approval");
        await owner.AssertFitsAsync();

        await using (var staff = await Scene.AsStaffAsync(Scene.Operator, "/admin/payouts", Look.DesktopLight))
        {
            var row = staff.Page.Locator("tbody tr").Filter(new() { HasText = "asked for" });
            await Expect(row).ToContainTextAsync("needs approval");
            await row.GetByRole(AriaRole.Button, new() { Name = "Approve…" }).ClickAsync();
            var question = staff.Page.GetByRole(AriaRole.Dialog);
            var approve = question.GetByRole(AriaRole.Button, new() { Name = "Approve" });
            await Expect(approve).ToBeDisabledAsync();
            await Expect(question).ToContainTextAsync(Scene.Address);
            await question.GetByLabel("Reason").FillAsync("its owner is known");
            await staff.AxeAsync();
            await approve.ClickAsync();
            await Expect(row).ToContainTextAsync("next round");
            await staff.GoAsync("/admin/audit?action=payout.line.approved");
            await Expect(staff.Page.Locator("tbody tr").First).ToContainTextAsync(Scene.Operator);
        }

        await owner.GoAsync("/account/payouts");
        await Expect(asked).Not.ToContainTextAsync("waits for approval");
        await asked.GetByRole(AriaRole.Button, new() { Name = "Take back…" }).ClickAsync();
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Take it back", Exact = true }).ClickAsync();
        await Expect(asked).ToContainTextAsync("cancelled");
    }
}
