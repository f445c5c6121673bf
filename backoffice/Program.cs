using Viddhana.Backoffice;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Payouts;

return await CommandLine.Make().AddPayouts().AddAccounts().RunAsync(args);
