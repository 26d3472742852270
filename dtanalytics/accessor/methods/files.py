"""Calls that leave: files for ad platforms, and calls without what identifies people."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from dtanalytics.accessor.methods.base import Methods

if TYPE_CHECKING:
    from dtanalytics.exports.calls import Value as UploadValue
    from dtanalytics.exports.result import Export
    from dtanalytics.exports.upload import Consent, Negative, PathLike
    from dtanalytics.exports.upload_log import Where
    from dtanalytics.mask import Quasi


class FileMethods(Methods):
    """Calls that leave: files for ad platforms, and calls without what identifies people."""

    def to_google_ads(
        self,
        path: PathLike,
        conversion_name: str,
        value: UploadValue = "margin",
        currency: str | None = None,
        now: Any = None,
        *,
        qualified: str | None = "offer_qualified",
        negative: Negative = "refuse",
        action_created: Any = None,
        ad_user_data: Consent = None,
        ad_personalization: Consent = None,
        ledger: Where = None,
    ) -> Export:
        """Write conversions for Google Ads: `dtanalytics.exports.google_clicks`.

        Recipe of the handbook (``dtanalytics docs``): Upload only qualified calls to Google Ads
        """
        from dtanalytics.exports import google_clicks

        return google_clicks(
            self._frame,
            path,
            conversion_name,
            value,
            currency,
            now,
            qualified=qualified,
            negative=negative,
            action_created=action_created,
            ad_user_data=ad_user_data,
            ad_personalization=ad_personalization,
            ledger=ledger,
        )

    def to_microsoft_ads(
        self,
        path: PathLike,
        conversion_name: str,
        value: UploadValue = "margin",
        currency: str | None = None,
        now: Any = None,
        *,
        qualified: str | None = "offer_qualified",
        negative: Negative = "refuse",
        enhanced: bool = False,
        ledger: Where = None,
    ) -> Export:
        """Write conversions for Microsoft Advertising: `dtanalytics.exports.microsoft_clicks`.

        Recipe of the handbook (``dtanalytics docs``): Upload to Microsoft Advertising
        """
        from dtanalytics.exports import microsoft_clicks

        return microsoft_clicks(
            self._frame,
            path,
            conversion_name,
            value,
            currency,
            now,
            qualified=qualified,
            negative=negative,
            enhanced=enhanced,
            ledger=ledger,
        )

    def mask(
        self,
        *,
        key: str | bytes | None = None,
        quasi: Quasi = "coarsen",
        include: str | Iterable[Hashable] = (),
    ) -> pd.DataFrame:
        """Return the calls without what identifies people: `dtanalytics.mask.mask`.

        Recipe of the handbook (``dtanalytics docs``): Share calls without telephone numbers
        """
        from dtanalytics.mask import mask

        return mask(self._frame, key=key, quasi=quasi, include=include)
